"""Runs the first layers of a tfjs model in PyTorch as its description says: an implementation of its own.

Usage: inception_torch.py MODEL.json SHARDS IMAGE.f32 HEIGHT WIDTH OUT.f32 LAYER. The image is float32, CHW, in
[0, 1]; the result is what the batch normalisation behind LAYER makes.
"""
import json
import sys

import numpy as np
import torch
import torch.nn.functional as F

model_file, shards, image, height, width, out, layer = sys.argv[1:]
model = json.load(open(model_file))
data, at, weights = open(shards, 'rb').read(), 0, {}
for weight in model['weightsManifest'][0]['weights']:
    shape, q = weight['shape'], weight['quantization']
    count = int(np.prod(shape))
    values = np.frombuffer(data, np.uint8, count, at) * q['scale'] + q['min']
    weights[weight['name']] = torch.from_numpy(values.reshape(shape))
    at += count

made = {}
for spec in model['modelTopology']['model_config']['config']['layers']:
    name, kind, config = spec['name'], spec['class_name'], spec['config']
    if kind == 'InputLayer':
        pixels = np.fromfile(image, '<f4').reshape(1, 3, int(height), int(width))
        made[name] = torch.from_numpy(pixels).double()
        continue
    x = [made[node[0]] for node in spec['inbound_nodes'][0]]
    if kind == 'Conv2D':
        same = config['kernel_size'][0] // 2 if config['padding'] == 'same' else 0
        kernel = weights[f'{name}/kernel'].permute(3, 2, 0, 1)
        made[name] = F.conv2d(x[0], kernel, stride=config['strides'][0], padding=same)
    elif kind == 'BatchNormalization':
        made[name] = F.batch_norm(
            x[0], weights[f'{name}/moving_mean'], weights[f'{name}/moving_variance'],
            bias=weights[f'{name}/beta'], eps=config['epsilon'])
        if x[0] is made.get(layer):
            made[name][0].float().numpy().tofile(out)
            break
    elif kind == 'Activation':
        made[name] = F.relu(x[0])
    elif kind == 'MaxPooling2D':
        made[name] = F.max_pool2d(x[0], config['pool_size'][0], config['strides'][0])
    elif kind == 'AveragePooling2D':
        made[name] = F.avg_pool2d(x[0], 3, 1, 1, count_include_pad=False)
