"""`pixelwise convert WEIGHTS -o MODEL`: from what fastai saved to a model file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pixelwise.artifact import Description
    from pixelwise.data.classes import Classes
    from pixelwise.models._fastai import Found

__all__ = ["Normalisation", "convert"]


class Normalisation(StrEnum):
    """By which statistics fastai normalised the images."""

    IMAGENET = "imagenet"
    ENCODER = "encoder"
    NONE = "none"


_IMAGENET = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]  # fastai's imagenet_stats


def convert(
    weights: Annotated[Path, typer.Argument(help="What learn.save of fastai wrote, or a state dict of its model.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Model file to write, such as model.safetensors.")],
    encoder: Annotated[
        str | None, typer.Option(help="Encoder, by timm's name. [seen in the weights of a plain ResNet]")
    ] = None,
    classes: Annotated[
        Path | None, typer.Option(help="File with one class name per line, void included. [class_0, class_1, …]")
    ] = None,
    normalisation: Annotated[
        Normalisation,
        typer.Option(help="imagenet: pretrained=True; none: pretrained=False; encoder: as timm states for it."),
    ] = Normalisation.IMAGENET,
    blur: Annotated[bool, typer.Option("--blur/--no-blur", help="Whether fastai was given blur=True.")] = False,
    blur_final: Annotated[bool, typer.Option("--blur-final/--no-blur-final", help="fastai's blur_final.")] = True,
    image_scale: Annotated[
        float, typer.Option(min=0.01, max=100, help="Size of fastai's images by that of the files, such as 0.5.")
    ] = 1.0,
) -> None:
    """Take over a segmentation network (DynamicUnet) that fastai 2 trained.

    fastai need not be installed. What the weights show is read from them; what they cannot show, blur and
    normalisation, is an option.
    """
    from pixelwise import artifact
    from pixelwise.models._fastai import find_settings, from_fastai, read_state
    from pixelwise.models.dynamic_unet import DynamicUNet

    state = read_state(weights)
    found = find_settings(state)
    arguments = _arguments(found, encoder, normalisation, blur, blur_final)
    model = DynamicUNet(out_channels=found.out_channels, in_channels=found.in_channels, **arguments)
    _check_blocks(found, len(model.decoder), str(arguments["encoder"]))
    model.load_state_dict(from_fastai(state, model))
    description = _describe(found, arguments, _classes(found.out_channels, classes), image_scale, weights.name)
    artifact.save(output, model.eval(), description)
    _say(found, description, normalisation, output)


def _arguments(
    found: Found, encoder: str | None, normalisation: Normalisation, blur: bool, blur_final: bool
) -> dict[str, Any]:
    """The settings of `dynamic_unet`."""
    from pixelwise.errors import SettingError

    name = encoder or found.encoder
    if name is None:
        raise SettingError(
            "The weights do not show which encoder they have, since it is no plain ResNet of torchvision: name it as "
            "timm does, such as --encoder regnety_004."
        )
    statistics = None
    if normalisation is Normalisation.IMAGENET:
        if found.in_channels != 3:
            raise SettingError(
                f"The network takes images of {found.in_channels} channels, but ImageNet's statistics are for three; "
                f"fastai normalises none in that case: give --normalisation none."
            )
        statistics = _IMAGENET
    elif normalisation is Normalisation.NONE:
        statistics = [[0.0] * found.in_channels, [1.0] * found.in_channels]
    return {
        "encoder": name,
        "blur": blur,
        "blur_final": blur_final,
        "self_attention": found.self_attention,
        "last_cross": found.last_cross,
        "norm_type": found.norm_type,
        "statistics": statistics,
    }


def _check_blocks(found: Found, blocks: int, encoder: str) -> None:
    from pixelwise.errors import WeightsError

    if found.blocks != blocks:
        raise WeightsError(
            f"fastai built this network with {found.blocks} skip connections, where '{encoder}' has {blocks}: give the "
            f"encoder that fastai had; if it is this one, fastai lost the others, and the network cannot be taken over."
        )


def _classes(out_channels: int, file: Path | None) -> Classes:
    """Names from the file, or numbers; one output is object against background."""
    from pixelwise.data.classes import Classes
    from pixelwise.data.names import find_names
    from pixelwise.errors import SettingError
    from pixelwise.ops.palette import legend

    binary = out_channels == 1
    count = 2 if binary else out_channels
    names = ("background", "object") if binary else tuple(f"class_{i}" for i in range(count))
    given = find_names(file, ()) if file is not None else None
    if given is not None:
        names = given.names
    if len(names) != count:
        what = "background and object are expected" if binary else "one name per output is expected, void included"
        raise SettingError(f"{file} names {len(names)} classes, but the network has outputs for {count}; {what}.")
    return Classes(names, tuple(range(count)), (), legend(names), binary)


def _describe(found: Found, arguments: dict[str, Any], classes: Classes, image_scale: float, file: str) -> Description:
    from pixelwise.artifact import Component, Description, WeightsOrigin

    return Description(
        model=Component(name="dynamic_unet", arguments=arguments),
        task=Component(name="segmentation", arguments={"num_classes": classes.num_classes, "binary": classes.binary}),
        classes=classes,
        in_channels=found.in_channels,
        image_scale=image_scale,
        weights=WeightsOrigin(source=f"fastai, {file}", licence="unknown"),
    )


def _say(found: Found, description: Description, normalisation: Normalisation, output: Path) -> None:
    """What was seen, what was assumed, and what comes next."""
    arguments = description.model.arguments
    words = {"self_attention": "self-attention", "last_cross": "the image joined at the end"}
    parts = [text for name, text in words.items() if arguments[name]]
    norm = f"{found.norm_type} norm" if found.norm_type else "no norm in the decoder"
    seen = [
        f"encoder {arguments['encoder']}",
        f"{found.in_channels} channels in, {found.out_channels} out",
        norm,
        *parts,
    ]
    typer.echo(f"Seen in the weights: {', '.join(seen)}")
    blur = "blur" if arguments["blur"] else "no blur"
    typer.echo(f"As the options say: {blur}, normalisation {normalisation.value}, ReLU (no option), no y_range")
    names = () if description.classes is None else description.classes.names
    typer.echo(f"Classes: {', '.join(names[:8])}{f' and {len(names) - 8} more' if len(names) > 8 else ''}")
    typer.echo(f"Model: {output}\nNext: pixelwise predict {output} IMAGE -o predictions")
