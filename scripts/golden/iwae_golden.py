#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/golden/iwae.json: the importance-weighted loss (Burda et al. 2016, eq. 8) of a VAE
784-400-20 with k = 5 draws for each of 16 images, and its gradients, by PyTorch in double.

Needs torch==2.15.0 and numpy==2.4.6 (pip install, in a virtual environment).
Weights and noise come from an integer hash that tests/models/golden.h repeats, so the file holds
results alone: the loss and every 997th number of each parameter's gradient.
"""

import json
import math

import torch
from hashed import ROOT, forward, images, network, noise

ENCODER, DECODER, LATENT = [784, 400, 40], [20, 400, 784], 20
IMAGES, SAMPLES, STRIDE = 16, 5, 997


def main():
    x = images(IMAGES).double()
    encoder = [p.detach().double().requires_grad_() for p in network(ENCODER, 0)]
    decoder = [p.detach().double().requires_grad_() for p in network(DECODER, 20)]
    normal = torch.distributions.Normal
    mean, log_variance = forward(encoder, x).chunk(2, dim=1)
    q = normal(mean, torch.exp(0.5 * log_variance))
    eps = noise(SAMPLES * IMAGES, LATENT, 100).double().reshape(SAMPLES, IMAGES, LATENT)
    z = q.loc + q.scale * eps
    log_likelihood = -torch.nn.functional.binary_cross_entropy_with_logits(
        forward(decoder, z), x.expand(SAMPLES, -1, -1), reduction="none").sum(2)
    log_weight = log_likelihood + (normal(0.0, 1.0).log_prob(z) - q.log_prob(z)).sum(2)
    loss = (math.log(SAMPLES) - torch.logsumexp(log_weight, 0)).mean()
    loss.backward()
    golden = {"loss": loss.item()}
    for name, net in (("encoder", encoder), ("decoder", decoder)):
        golden[name] = [p.grad.flatten()[::STRIDE].tolist() for p in net]
    target = ROOT / "tests/golden/iwae.json"
    target.write_text(json.dumps(golden) + "\n")
    print(f"wrote {target}: {golden['loss']:.6f}")


if __name__ == "__main__":
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    main()
