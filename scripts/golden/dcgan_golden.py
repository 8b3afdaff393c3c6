#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/golden/dcgan.json: losses of a small convolutional GAN and their gradients, by PyTorch in float64.

usage: dcgan_golden.py

Weights, noise and images are numbers that tests/models/dcgan_test.cpp makes again: ((i a) mod m) / m - 1/2
for i = 0, 1, ... of a tensor, with primes a and m. The discriminator's loss has an R1 penalty of weight 1.
"""
import json
import pathlib

import torch
import torch.nn.functional as F

ROOT = pathlib.Path(__file__).resolve().parents[2]
LATENT, SIDE, BATCH = 5, 8, 3
G_CHANNELS, D_CHANNELS = (4, 3), (3, 4)
G_HIDDEN, D_HIDDEN = 6, 7


def values(shape, a, m):
    numbers = torch.arange(torch.Size(shape).numel()) * a % m
    return numbers.double().div(m).sub(0.5).reshape(shape).requires_grad_()


def generate(p, noise):
    y = F.relu(F.linear(noise, p[0], p[1]))
    y = F.relu(F.linear(y, p[2], p[3])).view(-1, G_CHANNELS[0], SIDE // 4, SIDE // 4)
    y = F.relu(F.conv_transpose2d(y, p[4], p[5], 2, 1))
    return torch.sigmoid(F.conv_transpose2d(y, p[6], p[7], 2, 1))


def judge(p, images):
    y = F.leaky_relu(F.conv2d(images, p[0], p[1], 2, 1), 0.2)
    y = F.leaky_relu(F.conv2d(y, p[2], p[3], 2, 1), 0.2)
    y = F.leaky_relu(F.linear(y.flatten(1), p[4], p[5]), 0.2)
    return F.linear(y, p[6], p[7])


def main():
    small = (SIDE // 4) ** 2
    g_shapes = [(G_HIDDEN, LATENT), (G_HIDDEN,), (G_CHANNELS[0] * small, G_HIDDEN), (G_CHANNELS[0] * small,), (*G_CHANNELS, 4, 4), (G_CHANNELS[1],),
                (G_CHANNELS[1], 1, 4, 4), (1,)]
    d_shapes = [(D_CHANNELS[0], 1, 4, 4), (D_CHANNELS[0],), (D_CHANNELS[1], D_CHANNELS[0], 4, 4),
                (D_CHANNELS[1],), (D_HIDDEN, D_CHANNELS[1] * small), (D_HIDDEN,), (1, D_HIDDEN), (1,)]
    g = [values(shape, 37, 101) for shape in g_shapes]
    d = [values(shape, 53, 89) for shape in d_shapes]
    noise = values((BATCH, LATENT), 29, 71).detach()
    real = values((BATCH, 1, SIDE, SIDE), 43, 97)
    fake = generate(g, noise)

    judged = judge(d, real)
    (slope,) = torch.autograd.grad(judged.sum(), real, create_graph=True)
    d_loss = F.softplus(-judged).mean() + F.softplus(judge(d, fake.detach())).mean()
    d_loss = d_loss + slope.square().sum() / (2 * BATCH)
    g_loss = F.softplus(-judge(d, fake)).mean()
    golden = {
        "d_loss": d_loss.item(),
        "g_loss": g_loss.item(),
        "d_gradients": [t.flatten().tolist() for t in torch.autograd.grad(d_loss, d)],
        "g_gradients": [t.flatten().tolist() for t in torch.autograd.grad(g_loss, g)],
    }
    target = ROOT / "tests/golden/dcgan.json"
    target.write_text(json.dumps(golden) + "\n")
    print(f"wrote {target}: d_loss {d_loss.item():.6f}, g_loss {g_loss.item():.6f}")


if __name__ == "__main__":
    main()
