"""One room per filter; none knows another."""
