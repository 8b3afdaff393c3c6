#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/golden/vae_gan.json: the losses of a VAE-GAN (Larsen et al. 2016) on 16 images, and the
gradient that each network is trained by, by PyTorch in double.

Needs torch==2.15.0 and numpy==2.4.6 (pip install, in a virtual environment).
Weights and noise come from an integer hash that tests/models/golden.h repeats, so the file holds
results alone: the losses and every 997th number of each parameter's gradient.
"""

import json

import torch
from hashed import ROOT, images, network, noise

SIZES = {"encoder": [784, 128, 64], "decoder": [32, 128, 784], "features": [784, 128, 64],
         "judge": [64, 32, 1]}
IMAGES, LATENT, STRIDE = 16, 32, 997
GAMMA, PRIOR_WEIGHT, R1 = 0.5, 0.7, 100


def run(parameters, x, hidden, last):
    layers = list(zip(parameters[::2], parameters[1::2]))
    for i, layer in enumerate(layers):
        x = (hidden if i + 1 < len(layers) else last)(torch.nn.functional.linear(x, *layer))
    return x


def main():
    nets = {name: [p.detach().double().requires_grad_() for p in network(sizes, 20 * i)]
            for i, (name, sizes) in enumerate(SIZES.items())}
    x = images(IMAGES).double()

    def leaky(v):
        return torch.nn.functional.leaky_relu(v, 0.2)

    def decode(z):
        return run(nets["decoder"], z, torch.relu, torch.sigmoid)

    def features(v):
        return run(nets["features"], v, leaky, leaky)

    def judge(f):
        return run(nets["judge"], f, leaky, lambda v: v)

    normal = torch.distributions.Normal
    mean, log_variance = run(nets["encoder"], x, torch.relu, lambda v: v).chunk(2, dim=1)
    q = normal(mean, torch.exp(0.5 * log_variance))
    z = q.loc + q.scale * noise(IMAGES, LATENT, 100).double()
    of_image, of_reconstruction = features(x), features(decode(z))
    of_draw = features(decode(noise(IMAGES, LATENT, 101).double()))
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    zeros, ones = torch.zeros(IMAGES, 1).double(), torch.ones(IMAGES, 1).double()
    losses = {
        "prior": torch.distributions.kl_divergence(q, normal(0.0, 1.0)).sum(1).mean(),
        "likeness": (of_reconstruction - of_image).pow(2).sum(1).mean() / 2,
        "gan": bce(judge(of_image), ones) + bce(judge(of_reconstruction), zeros)
               + bce(judge(of_draw), zeros),
    }
    leaf = x.clone().requires_grad_()
    slope, = torch.autograd.grad(judge(features(leaf)).sum(), leaf, create_graph=True)
    losses["penalty"] = R1 / 2 * slope.pow(2).sum(1).mean()
    judged = losses["gan"] + losses["penalty"]
    minimised = {"encoder": PRIOR_WEIGHT * losses["prior"] + losses["likeness"],
                 "decoder": GAMMA * losses["likeness"] - losses["gan"],
                 "features": judged, "judge": judged}
    golden = {name: loss.item() for name, loss in losses.items()}
    for name, loss in minimised.items():
        gradients = torch.autograd.grad(loss, nets[name], retain_graph=True, allow_unused=True)
        golden[name] = [g.flatten()[::STRIDE].tolist() for g in gradients]
    target = ROOT / "tests/golden/vae_gan.json"
    target.write_text(json.dumps(golden) + "\n")
    print(f"wrote {target}: " + ", ".join(f"{n} {l.item():.6f}" for n, l in losses.items()))


if __name__ == "__main__":
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    main()
