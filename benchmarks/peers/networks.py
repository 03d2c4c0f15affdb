"""SRVGGNetCompact, MSRResNet and RRDBNet, Real-ESRGAN's discriminator and VGG19's convolutions as anybody writes
them in PyTorch, from their publications.

Parameters have the names of the field's state dicts, which are evensr's too.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import spectral_norm


def conv(inputs, outputs):
    return nn.Conv2d(inputs, outputs, 3, padding=1)


class Srvgg(nn.Module):
    """Convolutions at the input's size, one pixel shuffle, plus the nearest-upsampled input."""

    def __init__(self, scale, num_feat, num_conv):
        super().__init__()
        self.scale = scale
        layers = [conv(3, num_feat), nn.PReLU(num_feat)]
        for _ in range(num_conv):
            layers += [conv(num_feat, num_feat), nn.PReLU(num_feat)]
        self.body = nn.Sequential(*layers, conv(num_feat, 3 * scale**2))

    def forward(self, x):
        base = F.interpolate(x, scale_factor=self.scale, mode="nearest")
        return F.pixel_shuffle(self.body(x), self.scale) + base


class ResidualBlock(nn.Module):
    def __init__(self, num_feat):
        super().__init__()
        self.conv1 = conv(num_feat, num_feat)
        self.conv2 = conv(num_feat, num_feat)

    def forward(self, x):
        return x + self.conv2(F.relu(self.conv1(x), inplace=True))


class Msrresnet(nn.Module):
    """Residual blocks without batch norm, twice a pixel shuffle, plus the bilinearly upsampled input."""

    def __init__(self, num_feat, num_block):
        super().__init__()
        self.conv_first = conv(3, num_feat)
        self.body = nn.Sequential(*[ResidualBlock(num_feat) for _ in range(num_block)])
        self.upconv1 = conv(num_feat, 4 * num_feat)
        self.upconv2 = conv(num_feat, 4 * num_feat)
        self.conv_hr = conv(num_feat, num_feat)
        self.conv_last = conv(num_feat, 3)
        self.activation = nn.LeakyReLU(0.1, inplace=True)

    def forward(self, x):
        features = self.body(self.activation(self.conv_first(x)))
        for upconv in (self.upconv1, self.upconv2):
            features = self.activation(F.pixel_shuffle(upconv(features), 2))
        residual = self.conv_last(self.activation(self.conv_hr(features)))
        return residual + F.interpolate(x, scale_factor=4, mode="bilinear", align_corners=False)


class DenseBlock(nn.Module):
    """Every convolution sees the block's input and the results of all before it."""

    def __init__(self, num_feat, num_grow_ch):
        super().__init__()
        for layer in range(5):
            outputs = num_feat if layer == 4 else num_grow_ch
            setattr(self, f"conv{layer + 1}", conv(num_feat + layer * num_grow_ch, outputs))
        self.activation = nn.LeakyReLU(0.2, inplace=True)

    def forward(self, x):
        features = [x]
        for layer in (self.conv1, self.conv2, self.conv3, self.conv4):
            features.append(self.activation(layer(torch.cat(features, 1))))
        return x + 0.2 * self.conv5(torch.cat(features, 1))


class ResidualInResidual(nn.Module):
    def __init__(self, num_feat, num_grow_ch):
        super().__init__()
        self.rdb1 = DenseBlock(num_feat, num_grow_ch)
        self.rdb2 = DenseBlock(num_feat, num_grow_ch)
        self.rdb3 = DenseBlock(num_feat, num_grow_ch)

    def forward(self, x):
        return x + 0.2 * self.rdb3(self.rdb2(self.rdb1(x)))


class Rrdbnet(nn.Module):
    """Dense blocks at the input's size, then twice nearest upsampling and a convolution: x4."""

    def __init__(self, num_feat, num_block, num_grow_ch):
        super().__init__()
        self.conv_first = conv(3, num_feat)
        self.body = nn.Sequential(
            *[ResidualInResidual(num_feat, num_grow_ch) for _ in range(num_block)]
        )
        self.conv_body = conv(num_feat, num_feat)
        self.conv_up1 = conv(num_feat, num_feat)
        self.conv_up2 = conv(num_feat, num_feat)
        self.conv_hr = conv(num_feat, num_feat)
        self.conv_last = conv(num_feat, 3)
        self.activation = nn.LeakyReLU(0.2, inplace=True)

    def forward(self, x):
        first = self.conv_first(x)
        features = first + self.conv_body(self.body(first))
        for convolution in (self.conv_up1, self.conv_up2):
            large = F.interpolate(features, scale_factor=2, mode="nearest")
            features = self.activation(convolution(large))
        return self.conv_last(self.activation(self.conv_hr(features)))


class UnetDiscriminator(nn.Module):
    """Says of every pixel how real it looks, as a logit; most convolutions are spectrally normalised."""

    def __init__(self, num_feat):
        super().__init__()
        self.conv0 = conv(3, num_feat)
        for layer, (inputs, outputs) in enumerate(((1, 2), (2, 4), (4, 8)), 1):
            halving = nn.Conv2d(inputs * num_feat, outputs * num_feat, 4, 2, 1, bias=False)
            setattr(self, f"conv{layer}", spectral_norm(halving))
        for layer, (inputs, outputs) in enumerate(((8, 4), (4, 2), (2, 1), (1, 1), (1, 1)), 4):
            same = nn.Conv2d(inputs * num_feat, outputs * num_feat, 3, padding=1, bias=False)
            setattr(self, f"conv{layer}", spectral_norm(same))
        self.conv9 = conv(num_feat, 1)

    def forward(self, x):
        def layer(index, x):
            return F.leaky_relu(getattr(self, f"conv{index}")(x), 0.2)

        def large(x):
            return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)

        x0 = layer(0, x)
        x1 = layer(1, x0)
        x2 = layer(2, x1)
        x = layer(4, large(layer(3, x2))) + x2
        x = layer(5, large(x)) + x1
        x = layer(6, large(x)) + x0
        return self.conv9(layer(8, layer(7, x)))


class Vgg19(nn.Module):
    """Results of some of VGG19's convolutions, before their ReLU, of pictures in [0, 1].

    `wanted`: their names as torchvision counts convolutions, activations and poolings, `features.2`.
    """

    BLOCKS = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))

    def __init__(self, wanted):
        super().__init__()
        self.wanted = [int(name.rsplit(".", 1)[1]) for name in wanted]
        layers, inputs = [], 3
        for outputs, count in self.BLOCKS:
            for _ in range(count):
                layers += [conv(inputs, outputs), nn.ReLU()]
                inputs = outputs
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers[: self.wanted[-1] + 1])
        for name, values in (("mean", (0.485, 0.456, 0.406)), ("deviation", (0.229, 0.224, 0.225))):
            constant = torch.tensor(values).view(1, 3, 1, 1)
            self.register_buffer(name, constant, persistent=False)

    def forward(self, x):
        x = (x - self.mean) / self.deviation
        results = []
        for index, layer in enumerate(self.features):
            x = layer(x)
            if index in self.wanted:
                results.append(x)
        return results


def build(network):
    """The network that a configuration of evensr names."""
    kind, scale, num_feat = network["type"], network["scale"], network["numFeat"]
    if kind == "srvgg" and network["activation"] == "prelu":
        return Srvgg(scale, num_feat, network["numConv"])
    if kind == "msrresnet" and scale == 4:
        return Msrresnet(num_feat, network["numBlock"])
    if kind == "rrdbnet" and scale == 4:
        return Rrdbnet(num_feat, network["numBlock"], network["numGrowCh"])
    raise ValueError(f"no network for {network}")
