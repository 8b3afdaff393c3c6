#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/golden/vae.json: 10 steps of the VAE recipe `basic` in PyTorch.

Needs torch==2.15.0 and numpy==2.4.6 (pip install, in a virtual environment).
Initial weights and noise come from an integer hash that tests/models/golden.h repeats, so the file
holds results alone: both terms of every step's loss, and every 997th weight after the last.
"""

import json

import torch
from hashed import ROOT, forward, images, network, noise, sampled

ENCODER, DECODER, LATENT = [784, 400, 40], [20, 400, 784], 20
BATCH, STEPS, STRIDE = 64, 10, 997


def main():
    rows = images(BATCH * STEPS)
    encoder, decoder = network(ENCODER, 0), network(DECODER, 20)
    adam = torch.optim.Adam(encoder + decoder, lr=1e-3)
    golden = {"reconstruction": [], "kl": []}
    for step in range(STEPS):
        x = rows[BATCH * step : BATCH * (step + 1)]
        mean, log_variance = forward(encoder, x).chunk(2, dim=1)
        z = mean + noise(BATCH, LATENT, 100 + step) * torch.exp(0.5 * log_variance)
        reconstruction = torch.nn.functional.binary_cross_entropy_with_logits(
            forward(decoder, z), x, reduction="sum")
        kl = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
        adam.zero_grad()
        ((reconstruction + kl) / BATCH).backward()
        adam.step()
        golden["reconstruction"].append(reconstruction.item() / BATCH)
        golden["kl"].append(kl.item() / BATCH)
    golden["encoder"], golden["decoder"] = sampled(encoder, STRIDE), sampled(decoder, STRIDE)
    target = ROOT / "tests/golden/vae.json"
    target.write_text(json.dumps(golden) + "\n")
    print(f"wrote {target}: {golden['reconstruction'][-1]:.6f} + {golden['kl'][-1]:.6f}")


if __name__ == "__main__":
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    main()
