#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Writes tests/golden/optim_golden.h: what PyTorch's optimizers make of five weights and twenty
# given gradients. Run from the repository's root after `pip install torch==2.15.0`;
# other versions give the same numbers to the tests' tolerance.
import torch

STEPS = 20
START = [0.5, -1.25, 2.0, 0.0, -0.03]
CASES = [
    ("adam", "Adam", dict(lr=1e-2)),
    ("adam_gan", "Adam", dict(lr=1e-3, betas=(0.5, 0.999))),
    ("adam_weight_decay", "Adam", dict(lr=2e-2, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1)),
    ("adamw", "AdamW", dict(lr=2e-2, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1), dict(warmup=4)),
    ("adam_warmup", "Adam", dict(lr=1e-2), dict(warmup=5)),
    ("adam_clip_norm", "Adam", dict(lr=1e-2), dict(norm=1.5)),
    ("sgd", "SGD", dict(lr=0.1)),
    ("sgd_momentum", "SGD", dict(lr=0.05, momentum=0.9)),
    ("sgd_weight_decay", "SGD", dict(lr=0.05, momentum=0.8, weight_decay=0.2)),
    ("sgd_nesterov", "SGD", dict(lr=0.05, momentum=0.8, weight_decay=0.2, nesterov=True)),
    ("sgd_clip_value", "SGD", dict(lr=0.1), dict(value=0.6)),
    ("rmsprop", "RMSprop", dict(lr=1e-2)),
    ("rmsprop_momentum", "RMSprop", dict(lr=5e-3, alpha=0.9, eps=1e-5, momentum=0.8, weight_decay=0.1)),
]


def gradients():
    """Step by step; the third weight's are small, the fourth's start at 0."""
    generator = torch.Generator().manual_seed(2024)
    grads = torch.randn(STEPS, len(START), generator=generator, dtype=torch.float64)
    grads[:, 2] *= 1e-4
    grads[:3, 3] = 0
    return grads.round(decimals=6)


def train(grads, optimizer, settings, beside={}):
    p = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    steps = getattr(torch.optim, optimizer)([p], **settings)
    rise = None
    if "warmup" in beside:
        rise = torch.optim.lr_scheduler.LinearLR(steps, 1 / beside["warmup"], 1, beside["warmup"] - 1)
    weights = []
    for grad in grads:
        p.grad = grad.clone()
        if "norm" in beside:
            torch.nn.utils.clip_grad_norm_([p], beside["norm"])
        if "value" in beside:
            torch.nn.utils.clip_grad_value_([p], beside["value"])
        steps.step()
        if rise:
            rise.step()
        weights.append(p.detach().clone())
    return torch.stack(weights)


def rows(table):
    lines = ["    {" + ", ".join(repr(float(x)) for x in row) + "}," for row in table]
    return "\n".join(lines)


def main():
    grads = gradients()
    text = [
        "// SPDX-License-Identifier: MIT",
        f"// Made by scripts/golden/optim_golden.py with PyTorch {torch.__version__.split('+')[0]} in float64.",
        "#pragma once",
        "",
        "// clang-format off",
        "namespace kiln::test::golden {",
        "",
        f"inline constexpr int kSteps = {STEPS};",
        f"inline constexpr int kWeights = {len(START)};",
        "inline constexpr double kStart[kWeights] = {" + ", ".join(map(repr, START)) + "};",
        "",
        "// kGradients[step][weight]; the other tables hold the weights after each step.",
        "inline constexpr double kGradients[kSteps][kWeights] = {",
        rows(grads),
        "};",
    ]
    what = dict(norm="gradients clipped by norm", value="gradients clipped by value",
                warmup="LinearLR over steps 1 to")
    for name, optimizer, settings, *beside in CASES:
        table = "k" + "".join(word.capitalize() for word in name.split("_"))
        shown = ", ".join(f"{key}={value}" for key, value in settings.items())
        also = "".join(f", {what[kind]} {number}"
                       for numbers in beside for kind, number in numbers.items())
        text += ["", f"// {optimizer}({shown}){also}",
                 f"inline constexpr double {table}[kSteps][kWeights] = {{",
                 rows(train(grads, optimizer, settings, *beside)), "};"]
    text += ["", "}  // namespace kiln::test::golden", "// clang-format on", ""]
    with open("tests/golden/optim_golden.h", "w") as out:
        out.write("\n".join(text))


if __name__ == "__main__":
    main()
