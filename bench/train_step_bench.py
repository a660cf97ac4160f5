#!/usr/bin/env python3
"""A training step of scar against the same model in Python torch eager: same shapes, batch, precision, threads.

    bench/train_step_bench.py --program build/release/bin/train_step_bench [--steps 20] [--threads 2] [--precision bf16]

Both alternate in one run, several rounds each; prints the median step of both and their ratio. Needs torch 2.11
(scripts/reference.sh makes the environment).
"""
import argparse
import math
import statistics
import subprocess
import time

import torch
from torch import nn
from torch.nn import functional as F

BATCH, LEADS, PATCHES, PATCH, WIDTH, HEADS, VOCABULARY, WORDS = 128, 12, 10, 100, 160, 4, 1500, 24


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x):
        b, n, w = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, n, 3, HEADS, w // HEADS).permute(2, 0, 3, 1, 4)
        x = x + self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, w))
        return x + self.mlp(self.norm2(x))


class Stem(nn.Module):
    def __init__(self, channels=32):
        super().__init__()
        self.conv1 = nn.Conv1d(1, channels, 16, stride=4, padding=6)
        self.conv2 = nn.Conv1d(channels, 2 * channels, 2, stride=2)
        self.conv3 = nn.Conv1d(2 * channels, 2 * channels, 2, stride=2)
        self.out = nn.LazyLinear(WIDTH)
        self.norm, self.amplitude = nn.LayerNorm(WIDTH), nn.Linear(3, WIDTH)

    def forward(self, patches):
        x = F.gelu(self.conv1(patches.unsqueeze(1)))
        for layer in (self.conv2, self.conv3):
            x = F.gelu(layer(F.pad(x, (0, x.shape[2] % 2))))
        amplitude = torch.stack([(patches.square().mean(1).sqrt() + 0.01).log(), patches.mean(1),
                                 patches.amax(1) - patches.amin(1)], 1)
        return self.norm(self.out(x.flatten(1))) + self.amplitude(amplitude)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = Stem()
        self.position = nn.Parameter(torch.randn(LEADS * PATCHES, WIDTH) * 0.02)
        self.blocks, self.norm = nn.Sequential(*[Block(WIDTH) for _ in range(4)]), nn.LayerNorm(WIDTH)
        self.score, self.ecg_out = nn.Linear(WIDTH, 1), nn.Linear(WIDTH, WIDTH, bias=False)
        self.words = nn.Embedding(VOCABULARY, WIDTH)
        self.places = nn.Parameter(torch.randn(WORDS, WIDTH) * 0.02)
        self.text_blocks, self.text_norm = nn.Sequential(*[Block(WIDTH) for _ in range(2)]), nn.LayerNorm(WIDTH)
        self.text_out = nn.Linear(WIDTH, WIDTH, bias=False)
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    def encode(self, z):
        h = self.norm(self.blocks(z))
        w = self.score(h).float().softmax(1)
        return F.normalize(self.ecg_out((w * h).sum(1)).float(), dim=1)

    def forward(self, signal, ids):
        b = signal.shape[0]
        z = self.stem(signal.reshape(b * LEADS * PATCHES, PATCH)).view(b, LEADS * PATCHES, WIDTH) + self.position
        keep = torch.rand(b, LEADS * PATCHES).topk(LEADS * PATCHES // 2, dim=1).indices.sort(1).values
        masked = z.gather(1, keep.unsqueeze(2).expand(-1, -1, WIDTH))
        text = F.normalize(self.text_out(self.text_norm(self.text_blocks(self.words(ids) + self.places)).mean(1)).float(), dim=1)
        return self.encode(z), self.encode(masked), text


def step(model, optimizer, signal, ids, bf16):
    optimizer.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        clean, masked, text = model(signal, ids)
    labels, scale, loss = torch.arange(len(ids)), model.logit_scale.exp(), 0
    for ecg in (clean, masked):
        logits = scale * ecg @ text.T
        loss = loss + (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="bf16")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    signal, ids = torch.randn(BATCH, 12, PATCHES * PATCH), torch.randint(4, VOCABULARY, (BATCH, WORDS))
    model = Model()
    model(signal[:2], ids[:2])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    ours, theirs = [], []
    for _ in range(args.rounds):
        out = subprocess.run([args.program, str(args.steps), str(args.threads), args.precision], capture_output=True, text=True, check=True)
        ours.append(float(out.stdout))
        times = []
        for i in range(args.steps + 3):
            start = time.perf_counter()
            step(model, optimizer, signal, ids, args.precision == "bf16")
            if i >= 3:
                times.append(time.perf_counter() - start)
        theirs.append(statistics.median(times))
    a, b = statistics.median(ours), statistics.median(theirs)
    print(f"{args.precision}, {args.threads} threads, batch {BATCH}: scar {1e3 * a:.0f} ms, Python eager {1e3 * b:.0f} ms, ratio {b / a:.2f}")
    print(f"  records/s: scar {BATCH / a:.0f}, Python {BATCH / b:.0f}; rounds: {[round(x, 3) for x in ours]} {[round(x, 3) for x in theirs]}")


if __name__ == "__main__":
    main()
