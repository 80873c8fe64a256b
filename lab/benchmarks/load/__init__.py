"""What a server bears, and how throughput grows with workers; real processes and real HTTP."""
