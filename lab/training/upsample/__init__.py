"""Train the net of the upsample filter: sheets, damage, net, loop, export.

``python -m lab.training.upsample --folder lab/runs/upsample --steps 24000`` trains or goes on training;
``python -m lab.training.upsample.export lab/runs/upsample/last.pt`` writes the ONNX file and its card.
"""
