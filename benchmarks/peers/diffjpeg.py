"""JPEG without its entropy coding, on batches and with real-valued qualities: what Real-ESRGAN's training
applies (forward only, so rounding is plain rounding)."""

import torch
import torch.nn.functional as F

LUMINANCE = [
    [16, 11, 10, 16, 24, 40, 51, 61],
    [12, 12, 14, 19, 26, 58, 60, 55],
    [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62],
    [18, 22, 37, 56, 68, 109, 103, 77],
    [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101],
    [72, 92, 95, 98, 112, 100, 103, 99],
]
CHROMINANCE_CORNER = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]

TO_YCC = [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]]
TO_RGB = [[1, 0, 1.402], [1, -0.344136, -0.714136], [1, 1.772, 0]]


def dct_basis():
    """(64, 64): a block's 64 pixels to its 64 coefficients, both row by row; its transpose goes back."""
    index = torch.arange(8, dtype=torch.float64)
    rows = 0.5 * torch.cos((2 * index[None, :] + 1) * index[:, None] * torch.pi / 16)
    rows[0] /= 2**0.5
    return torch.einsum("ux,vy->uvxy", rows, rows).reshape(64, 64).float()


def factor_of(quality):
    return (5000 / quality if quality < 50 else 200 - 2 * quality) / 100


class DiffJpeg:
    def __init__(self):
        chrominance = torch.full((8, 8), 99.0)
        chrominance[:4, :4] = torch.tensor(CHROMINANCE_CORNER, dtype=torch.float32)
        # The reference holds the luminance table transposed.
        self.luminance = torch.tensor(LUMINANCE, dtype=torch.float32).T.reshape(64)
        self.chrominance = chrominance.reshape(64)
        self.basis = dct_basis()
        self.to_ycc = torch.tensor(TO_YCC).reshape(3, 3, 1, 1)
        self.to_rgb = torch.tensor(TO_RGB).reshape(3, 3, 1, 1)

    def code(self, plane, table, factors):
        """(B, 1, H, W) around 0, through quantised coefficients and back."""
        batch, _, height, width = plane.shape
        blocks = plane.view(batch, height // 8, 8, width // 8, 8).permute(0, 1, 3, 2, 4)
        coefficients = blocks.reshape(batch, -1, 64) @ self.basis.T
        steps = table * factors[:, None, None]
        coefficients = torch.round(coefficients / steps) * steps
        blocks = (coefficients @ self.basis).view(batch, height // 8, width // 8, 8, 8)
        return blocks.permute(0, 1, 3, 2, 4).reshape(batch, 1, height, width)

    def __call__(self, images, qualities):
        """images (B, 3, H, W), clamped to [0, 1] first; qualities: B numbers in (0, 100]."""
        _, _, height, width = images.shape
        factors = torch.tensor([factor_of(quality) for quality in qualities])
        padded = F.pad(images.clamp(0, 1), (0, -width % 16, 0, -height % 16))
        ycc = F.conv2d(padded * 255, self.to_ycc)
        y = self.code(ycc[:, :1] - 128, self.luminance, factors) + 128
        # Chroma is kept around 0 from here on: both ways lead through 128, which cancels.
        small = F.avg_pool2d(ycc[:, 1:], 2)
        chroma = [self.code(small[:, c : c + 1].contiguous(), self.chrominance, factors) for c in (0, 1)]
        large = F.interpolate(torch.cat(chroma, 1), scale_factor=2, mode="nearest")
        rgb = F.conv2d(torch.cat([y, large], 1), self.to_rgb)
        return rgb[:, :, :height, :width].clamp(0, 255) / 255
