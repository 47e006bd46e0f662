"""Batch norm folded into the convolution before it: the same function with fewer passes over memory.

In evaluation mode batch norm is a scale and a shift per channel, and so is the end of a convolution. Which norm follows
which convolution is not read from the order of the modules, which need not be the order of execution, but from one run
of the network.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from timm.layers.conv2d_same import Conv2dSame
from timm.layers.norm_act import BatchNormAct2d
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights
from torch.utils._python_dispatch import TorchDispatchMode

__all__ = ["fold_batch_norms"]

# Exact types: a subclass may do something to its weight or its input on the way.
_CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d, Conv2dSame)
_NORMS = (nn.BatchNorm2d, BatchNormAct2d)


def fold_batch_norms(network: nn.Module, image: Tensor) -> int:
    """Fold every batch norm that can be into its convolution, in place.

    A norm is folded where it takes the output of a convolution that nothing else takes, both run once, and neither
    shares its parameters. An activation that timm keeps inside the norm stays in its place.

    Args:
        network: In evaluation mode.
        image: `(B, C, H, W)`, any image that the network accepts; small is enough.

    Returns:
        How many were folded.

    Raises:
        ValueError: If the network is in training mode, where batch norm is no fixed scale.
    """
    if network.training:
        raise ValueError("Batch norm can only be folded in evaluation mode: call network.eval() first.")
    pairs = _observe(network, image)
    for convolution, norm in pairs:
        _merge(convolution, norm)
    folded = {id(norm) for _, norm in pairs}
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if id(child) in folded:
                setattr(module, name, child.act if isinstance(child, BatchNormAct2d) else nn.Identity())
    return len(pairs)


class _Trace(TorchDispatchMode):
    """What one run of the network did to the outputs of its convolutions.

    Attributes:
        outputs: Outputs of convolutions by id; kept, so that no id is given twice.
        takers: Number of operations that took each of these.
        runs: How often each convolution and norm ran.
        followed: Each norm that took such an output, with the output's id.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.outputs: dict[int, tuple[nn.Module, Tensor]] = {}
        self.takers: Counter[int] = Counter()
        self.runs: Counter[nn.Module] = Counter()
        self.followed: list[tuple[nn.Module, int]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # noqa: ANN401
        leaves = torch.utils._pytree.tree_leaves((args, kwargs))
        self.takers.update({id(leaf) for leaf in leaves} & self.outputs.keys())
        return func(*args, **(kwargs or {}))

    def note_convolution(self, module: nn.Module, _: tuple[Tensor, ...], output: Tensor) -> None:
        self.runs[module] += 1
        self.outputs[id(output)] = (module, output)

    def note_norm(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        self.runs[module] += 1
        if id(inputs[0]) in self.outputs:
            self.followed.append((module, id(inputs[0])))


def _observe(network: nn.Module, image: Tensor) -> list[tuple[nn.Module, nn.Module]]:
    """Run the network once and list the pairs of convolution and norm that can become one."""
    modules = list(network.modules())
    owners = Counter(id(parameter) for module in modules for parameter in module.parameters(recurse=False))
    trace = _Trace()
    handles = []
    for module in modules:
        if type(module) in _CONVOLUTIONS and _is_plain(module, owners):
            handles.append(module.register_forward_hook(trace.note_convolution))
        elif type(module) in _NORMS and _is_plain(module, owners) and module.running_mean is not None:
            handles.append(module.register_forward_pre_hook(trace.note_norm))
    try:
        with torch.no_grad(), trace:
            network(image)
    finally:
        for handle in handles:
            handle.remove()
    pairs = []
    for norm, taken in trace.followed:
        convolution, _ = trace.outputs[taken]
        if trace.runs[convolution] == trace.runs[norm] == trace.takers[taken] == 1:
            pairs.append((convolution, norm))
    return pairs


def _is_plain(module: nn.Module, owners: Counter[int]) -> bool:
    """Whether the module computes from its own, unshared parameters, with nothing hooked in between."""
    hooked = module._forward_pre_hooks or module._forward_hooks
    shared = any(owners[id(parameter)] > 1 for parameter in module.parameters(recurse=False))
    grouped_transposed = isinstance(module, nn.ConvTranspose2d) and module.groups > 1
    return not (hooked or shared or grouped_transposed or module.training)


def _merge(convolution: Any, norm: Any) -> None:  # noqa: ANN401
    """Move the norm's scale and shift into the convolution's weight and bias, computed in float64."""
    scale = None if norm.weight is None else norm.weight.double()
    shift = None if norm.bias is None else norm.bias.double()
    bias = None if convolution.bias is None else convolution.bias.double()
    with torch.no_grad():
        weight, bias = fuse_conv_bn_weights(
            convolution.weight.double(),
            bias,
            norm.running_mean.double(),
            norm.running_var.double(),
            norm.eps,
            scale,
            shift,
            transpose=isinstance(convolution, nn.ConvTranspose2d),
        )
    dtype = convolution.weight.dtype
    convolution.weight = nn.Parameter(weight.to(dtype), requires_grad=False)
    convolution.bias = nn.Parameter(bias.to(dtype), requires_grad=False)
