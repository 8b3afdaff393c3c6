#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/golden/gan_seed.json: 20 steps of the GAN recipe `seed` in PyTorch.

Needs torch==2.15.0 and numpy==2.4.6 (pip install, in a virtual environment).
Initial weights and noise come from an integer hash that tests/models/golden.h repeats, so
the file holds results alone: the losses of every step, and every 997th weight after the last.
"""

import json

import torch
from hashed import ROOT, forward, images, network, noise, sampled

GENERATOR = [100, 128, 256, 512, 784]
DISCRIMINATOR = [784, 256, 128, 1]
BATCH, STEPS, STRIDE = 64, 20, 997


def main():
    rows = images(BATCH * STEPS)
    generator, discriminator = network(GENERATOR, 0), network(DISCRIMINATOR, 20)
    g_adam = torch.optim.Adam(generator, lr=2e-4, betas=(0.9, 0.999))
    d_adam = torch.optim.Adam(discriminator, lr=2e-4, betas=(0.9, 0.999))
    bce = torch.nn.functional.binary_cross_entropy

    def drawn(step, half):
        return torch.sigmoid(forward(generator, noise(BATCH, GENERATOR[0], 100 + 2 * step + half)))

    def judged(x):
        return torch.sigmoid(forward(discriminator, x))

    golden = {"d_loss": [], "g_loss": []}
    for step in range(STEPS):
        real = rows[BATCH * step : BATCH * (step + 1)]
        with torch.no_grad():
            fake = drawn(step, 0)
        on_real, on_fake = judged(real), judged(fake)
        d_loss = bce(on_real, torch.ones_like(on_real)) + bce(on_fake, torch.zeros_like(on_fake))
        d_adam.zero_grad()
        d_loss.backward()
        d_adam.step()
        on_fake = judged(drawn(step, 1))
        g_loss = bce(on_fake, torch.ones_like(on_fake))
        g_adam.zero_grad()
        g_loss.backward()
        g_adam.step()
        golden["d_loss"].append(d_loss.item())
        golden["g_loss"].append(g_loss.item())
    golden["generator"] = sampled(generator, STRIDE)
    golden["discriminator"] = sampled(discriminator, STRIDE)
    target = ROOT / "tests/golden/gan_seed.json"
    target.write_text(json.dumps(golden) + "\n")
    print(f"wrote {target}: d_loss {golden['d_loss'][-1]:.6f}, g_loss {golden['g_loss'][-1]:.6f}")


if __name__ == "__main__":
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    main()
