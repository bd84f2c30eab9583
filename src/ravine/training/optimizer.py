"""Fused Adam, whose step can be guarded on the device, without the import of PyTorch's compiler."""

import inspect

import torch


class Adam(torch.optim.Adam):
    """PyTorch's Adam, bit for bit.

    PyTorch wraps these methods for programs that compile them, and the wraps import its compiler when first called,
    which takes a second of every start. Ours are never compiled.
    """

    add_param_group = inspect.unwrap(torch.optim.Adam.add_param_group)
    zero_grad = inspect.unwrap(torch.optim.Adam.zero_grad)
    step = torch.no_grad()(inspect.unwrap(torch.optim.Adam.step))
