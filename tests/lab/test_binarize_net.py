"""The net as it ships computes what the net that was trained computes."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: no training here")


def test_the_shipped_graph_is_the_trained_net() -> None:
    from lab.training.binarize.export import Shipped
    from lab.training.binarize.model import InkNet
    from lab.training.binarize.planes import SCALES

    torch.manual_seed(1)
    net = InkNet()
    net.train()
    planes = torch.rand(2, 4, 64, 96)
    for _ in range(3):
        net(planes)
    net.eval()
    with torch.no_grad():
        wanted = 255 * torch.sigmoid(-net(planes))
        found = Shipped(net).eval()(planes * torch.from_numpy(SCALES))
    assert float((wanted - found).abs().max()) < 0.01
