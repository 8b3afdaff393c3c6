#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/golden/conv_golden.h: convolutions of PyTorch in float64 and their gradients.

usage: conv_golden.py

Inputs are numbers that tests/engine/ops/conv_golden_test.cpp makes again: value(i, a, m) below. The gradients
are those of sum(y * weights), and, second order, of sum(gx * gx weights) for the input's gradient gx.
"""
import pathlib

import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
# name, function, x, weight, bias, stride, padding
CASES = [
    ("Conv2d", torch.nn.functional.conv2d, (2, 2, 5, 4), (3, 2, 3, 2), 3, 1, 1),
    ("StridedConv2d", torch.nn.functional.conv2d, (1, 2, 7, 6), (2, 2, 4, 4), 2, 2, 1),
    ("ConvTranspose2d", torch.nn.functional.conv_transpose2d, (2, 2, 3, 2), (2, 3, 4, 4), 3, 2, 1),
]


def values(shape, a, m):
    """((i a) mod m) / m - 1/2 for i = 0, 1, ..."""
    count = torch.Size(shape).numel()
    numbers = (torch.arange(count) * a % m).double() / m - 0.5
    return numbers.reshape(shape).requires_grad_()


def main():
    lines = [
        "// SPDX-License-Identifier: MIT",
        f"// Made by scripts/golden/conv_golden.py with PyTorch {torch.__version__.split('+')[0]} in float64.",
        "#pragma once",
        "",
        "#include <vector>",
        "",
        '#include "engine/shape.h"',
        "",
        "// clang-format off",
        "namespace kiln::test::golden {",
        "",
        "// d*: gradients of sum(y w), second_d*: of sum(dx dx w), with the weights w of the test.",
        "struct ConvCase {",
        "  bool transposed;",
        "  Shape x, weight, y;",
        "  std::int64_t bias, stride, padding;",
        "  std::vector<double> y_values, dx, dweight, dbias, second_dweight;",
        "};",
        "",
        "inline const ConvCase kConvCases[] = {",
    ]
    for name, function, x_shape, weight_shape, bias_size, stride, padding in CASES:
        x, weight, bias = values(x_shape, 37, 101), values(weight_shape, 53, 89), values((bias_size,), 29, 31)
        y = function(x, weight, bias, stride=stride, padding=padding)
        dx, dweight, dbias = torch.autograd.grad(
            (y * values(y.shape, 43, 97).detach()).sum(), (x, weight, bias), create_graph=True)
        (second,) = torch.autograd.grad((dx * dx * values(x_shape, 31, 83).detach()).sum(), weight)

        def braces(numbers):
            return "{" + ", ".join(f"{v:.12g}" for v in numbers) + "}"

        lines += [
            f"    {{{'true' if 'Transpose' in name else 'false'}, {braces(x_shape)}, {braces(weight_shape)}, "
            f"{braces(y.shape)}, {bias_size}, {stride}, {padding},",
        ]
        for tensor in (y, dx, dweight, dbias, second):
            lines.append(f"     {braces(tensor.detach().flatten().tolist())},")
        lines[-1] = lines[-1][:-1] + "},"
    lines += ["};", "", "}  // namespace kiln::test::golden", ""]
    target = ROOT / "tests/golden/conv_golden.h"
    target.write_text("\n".join(lines))
    print(f"wrote {target}")


if __name__ == "__main__":
    main()
