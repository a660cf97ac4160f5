#!/usr/bin/env python3
"""Writes the reference values that tests/unit/model compares scar's model with.

An implementation of its own, in plain PyTorch and double precision, written for clarity: attention is a softmax with
masked logits, convolutions are torch's, texts go through one by one without padding, budgets are solved by bisection.
The modules carry the parameter names of scar's weight files, so state_dict() and the C++ names must agree.

    python tests/reference/export_model.py [folder]        # default: tests/reference/fixtures beside this file

Needs torch 2.11 and safetensors. Equal versions give equal files.
"""

import math
import pathlib
import sys

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

LEADS = 12


class Mlp(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.add_module("in", nn.Linear(width, hidden))
        self.out = nn.Linear(hidden, width)

    def forward(self, x):
        return self.out(F.gelu(getattr(self, "in")(x)))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x, keep):
        """x [n, w] of one sample, keep [n] in [0, 1]: softmax over keys, weighted by keep."""
        n, w = x.shape
        q, k, v = self.qkv(x).view(n, 3, self.heads, w // self.heads).permute(1, 2, 0, 3)
        s = q @ k.transpose(1, 2) / math.sqrt(w // self.heads)
        s = s - s.detach().amax(-1, keepdim=True)
        u = s.exp() * keep
        return self.out(((u / u.sum(-1, keepdim=True)) @ v).transpose(0, 1).reshape(n, w))


class Block(nn.Module):
    def __init__(self, width, heads, ratio):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = Mlp(width, int(width * ratio))

    def forward(self, x, keep):
        x = x + self.attention(self.norm1(x), keep)
        return x + self.mlp(self.norm2(x))


class Transformer(nn.Module):
    def __init__(self, width, blocks, heads, ratio):
        super().__init__()
        self.blocks = nn.ModuleList(Block(width, heads, ratio) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)

    def forward(self, x, keep=None):
        keep = torch.ones(len(x), dtype=x.dtype) if keep is None else keep
        for block in self.blocks:
            x = block(x, keep)
        return self.norm(x)


class Stem(nn.Module):
    def __init__(self, kind, samples, channels, width):
        super().__init__()
        self.kind = kind
        size = samples
        if kind == "conv":
            self.conv1 = nn.Conv1d(1, channels, 16, stride=4)
            self.conv2 = nn.Conv1d(channels, 2 * channels, 2, stride=2)
            self.conv3 = nn.Conv1d(2 * channels, 2 * channels, 2, stride=2)
            size = math.ceil(math.ceil(math.ceil(samples / 4) / 2) / 2) * 2 * channels
        self.out = nn.Linear(size, width)
        self.norm = nn.LayerNorm(width)
        self.amplitude = nn.Linear(3, width)

    def forward(self, patches):
        x = patches
        if self.kind == "conv":
            x = x.unsqueeze(1)
            x = F.gelu(self.conv1(F.pad(x, (6, 6 + -x.shape[-1] % 4))))
            for conv in (self.conv2, self.conv3):
                x = F.gelu(conv(F.pad(x, (0, x.shape[-1] % 2))))
            x = x.transpose(1, 2).flatten(1)
        x = self.norm(self.out(x))
        rms = patches.pow(2).mean(1).sqrt()
        features = torch.stack([(rms + 0.01).log(), patches.mean(1), patches.amax(1) - patches.amin(1)], 1)
        return x + self.amplitude(features)


class Selector(nn.Module):
    def __init__(self, kind, width, hidden, heads):
        super().__init__()
        self.kind, self.heads = kind, heads
        if kind == "selector":
            if hidden:
                self.hidden = nn.Linear(width, hidden)
            self.score = nn.Linear(hidden or width, 1, bias=False)
        if kind == "attention":
            self.query = nn.Parameter(torch.empty(1, width))
            self.key = nn.Linear(width, width, bias=False)
            self.value = nn.Linear(width, width)

    def forward(self, h, keep, cls):
        """h [n, d], keep [n] -> pooled [d], weights [n]"""
        n, d = h.shape
        if self.kind == "attention":
            q = self.query.view(self.heads, d // self.heads)
            k = self.key(h).view(n, self.heads, -1)
            v = self.value(h).view(n, self.heads, -1)
            s = torch.einsum("hc,nhc->hn", q, k) / math.sqrt(d // self.heads)
            w = keep * s.exp()
            w = w / w.sum(1, keepdim=True)
            return torch.einsum("hn,nhc->hc", w, v).reshape(d), w.mean(0)
        s = torch.zeros(n, dtype=h.dtype)
        if self.kind == "selector":
            s = self.score(F.gelu(self.hidden(h)) if hasattr(self, "hidden") else h).squeeze(1)
        w = keep * s.exp()
        w = w / w.sum()
        return (cls if self.kind == "cls" else w @ h), w


class Ecg(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.o = o
        self.stem = Stem(o["stem"], o["patch"], o["channels"], o["width"])
        self.lead = nn.Parameter(torch.empty(LEADS, o["width"]))
        self.time = nn.Parameter(torch.empty(o["max_patches"], o["width"]))
        if o["kind"] == "cls":
            self.cls = nn.Parameter(torch.empty(1, o["width"]))
        self.transformer = Transformer(o["width"], o["blocks"], o["heads"], 2.0)
        self.selector = Selector(o["kind"], o["width"], o["selector_hidden"], o["heads"])
        self.projection = nn.Parameter(torch.empty(o["embedding"], o["width"]))

    def embed(self, signal, visible):
        b, _, p = visible.shape
        x = torch.where(visible.unsqueeze(-1), signal.view(b, LEADS, p, -1), torch.zeros((), dtype=signal.dtype))
        z = self.stem(x.reshape(-1, self.o["patch"])).view(b, LEADS, p, -1)
        return (z + self.lead[None, :, None] + self.time[None, None, :p]).flatten(1, 2)

    def encode(self, z, keep):
        """One sample: z [n, d] of all tokens, keep [n] in [0, 1]."""
        if hasattr(self, "cls"):
            h = self.transformer(torch.cat([self.cls, z]), torch.cat([torch.ones(1, dtype=z.dtype), keep]))
            cls, h = h[0], h[1:]
        else:
            cls, h = None, self.transformer(z, keep)
        pooled, w = self.selector(h, keep, cls)
        return F.normalize(pooled @ self.projection.T, dim=0), w, h

    def encode_kept(self, z, kept):
        """One sample, the kept tokens alone."""
        return self.encode(z[kept], torch.ones(int(kept.sum()), dtype=z.dtype))


class Text(nn.Module):
    def __init__(self, o):
        super().__init__()
        w = o["text_width"]
        self.token = nn.Parameter(torch.empty(o["vocabulary"], w))
        self.position = nn.Parameter(torch.empty(o["max_tokens"], w))
        self.transformer = Transformer(w, o["blocks"], o["heads"], 2.0)
        self.projection = nn.Parameter(torch.empty(o["embedding"], w))

    def forward(self, ids):
        h = self.transformer(self.token[ids] + self.position[: len(ids)])
        return F.normalize(h.mean(0) @ self.projection.T, dim=0)


class Masker(nn.Module):
    def __init__(self, o):
        super().__init__()
        w = o["masker_width"]
        self.norm = nn.LayerNorm(o["width"])
        self.input = nn.Linear(o["width"], w)
        self.text = nn.Linear(o["embedding"], w)
        self.match = nn.Linear(o["embedding"], w, bias=False)
        self.transformer = Transformer(w, 1, o["heads"], 4.0)
        self.lead = nn.Linear(w, 1, bias=False)
        self.time = nn.Linear(w, 1, bias=False)
        self.token = nn.Linear(w, 1, bias=False)

    def forward(self, hidden, own, visible, text):
        """One sample: encoder outputs [v, d] and token embeddings [v, D] of the visible tokens, visible [n] bool ->
        logits [n]"""
        patches = len(visible) // LEADS
        numbers = visible.nonzero().squeeze(1)
        agreement = own * text * len(text)
        h = self.transformer(self.input(self.norm(hidden)) + self.text(text) + self.match(agreement))
        a = torch.empty(len(numbers), dtype=hidden.dtype)
        for i, n in enumerate(numbers):
            same_lead = numbers // patches == n // patches
            same_time = numbers % patches == n % patches
            a[i] = (self.lead(h[same_lead].mean(0)) + self.time(h[same_time].mean(0)) + self.token(h[i])).squeeze()
        out = torch.zeros(len(visible), dtype=hidden.dtype)
        out[numbers] = 8 * torch.tanh((a - a.mean()) / 8)
        return out


class Dual(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.ecg, self.text, self.masker = Ecg(o), Text(o), Masker(o)
        self.logit_scale = nn.Parameter(torch.empty(()))


def fill(model, seed):
    """Values that float32 holds exactly, so that the weight file is the model."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            scale = 0.3 if p.dim() > 1 else 0.1
            value = torch.randn(p.shape, generator=generator) * scale
            if ".norm" in name and name.endswith("weight"):
                value += 1
            p.copy_(value)
    return model.double()


OPTIONS = dict(width=16, embedding=8, stem="conv", patch=10, max_patches=5, channels=4, blocks=2, heads=2,
               kind="selector", selector_hidden=0, text_width=12, vocabulary=30, max_tokens=10, masker_width=8)


def export_model(path, seed, **changes):
    o = {**OPTIONS, **changes}
    model = fill(Dual(o), seed)
    generator = torch.Generator().manual_seed(seed + 1000)
    batch, patches = 3, 4
    n = LEADS * patches
    signal = torch.randn(batch, LEADS, patches * o["patch"], generator=generator).double()
    visible = torch.rand(batch, LEADS, patches, generator=generator) < 0.8
    visible[0] = True
    keep = torch.rand(batch, n, generator=generator) < 0.6
    soft = torch.rand(batch, n, generator=generator).double()
    soft[torch.rand(batch, n, generator=generator) < 0.3] = 0.0
    lengths = torch.tensor([7, 3, 10])
    ids = torch.randint(0, o["vocabulary"], (batch, 10), generator=generator)
    flat = visible.flatten(1)

    out = {"signal": signal.float(), "visible": visible, "keep": keep, "soft": soft, "ids": ids, "lengths": lengths}
    z = model.ecg.embed(signal.float().double(), visible)
    out["z"] = z
    texts = [model.text(ids[b, : lengths[b]]) for b in range(batch)]
    out["text"] = torch.stack(texts)
    clean = [model.ecg.encode_kept(z[b], flat[b]) for b in range(batch)]
    masked = [model.ecg.encode_kept(z[b], flat[b] & keep[b]) for b in range(batch)]
    out["clean.embedding"] = torch.stack([e for e, _, _ in clean])
    out["masked.embedding"] = torch.stack([e for e, _, _ in masked])
    for b in range(batch):
        out[f"masked.weights.{b}"] = masked[b][1]
        out[f"masked.hidden.{b}"] = masked[b][2]

    k = soft.clone().requires_grad_()
    dense = torch.stack([model.ecg.encode(z.detach()[b], torch.where(flat[b], k[b], 0.0))[0] for b in range(batch)])
    out["dense.embedding"] = dense
    (out["dense.gradient"],) = torch.autograd.grad((dense * out["text"].detach()).sum(), k)

    def logits_of(b):
        hidden = clean[b][2].detach()
        own = F.normalize(hidden @ model.ecg.projection.detach().T, dim=1)
        return model.masker(hidden, own, flat[b], texts[b].detach())

    logits = torch.stack([logits_of(b) for b in range(batch)])
    out["masker"] = logits

    # One scalar of everything, and its gradient to every parameter.
    mix = torch.randn(batch, n, generator=generator).double()
    out["mix"] = mix
    scale = model.logit_scale.exp()
    loss = scale * ((out["clean.embedding"] + out["masked.embedding"]) * out["text"]).sum() + (logits * mix).sum()
    out["loss"] = loss
    names, parameters = zip(*model.named_parameters())
    gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
    for name, gradient in zip(names, gradients):
        if gradient is not None:
            out["gradient." + name] = gradient.float()
    for name, p in model.state_dict().items():
        out["weights." + name] = p.float()
    save_file({name: t.detach().contiguous() for name, t in out.items()}, path)


def solve_budget(a, count, tau):
    """lambda with sum sigmoid((a - lambda) / tau) = count, differentiable by one Newton step from the solution."""
    low, high = a.detach().min() - 50 * tau, a.detach().max() + 50 * tau
    for _ in range(200):
        middle = (low + high) / 2
        if torch.sigmoid((a.detach() - middle) / tau).sum() > count:
            low = middle
        else:
            high = middle
    s = torch.sigmoid((a - low) / tau)
    slope = (s * (1 - s)).sum().detach() / tau
    return low + (s.sum() - count) / slope


def units_of(structure, patches):
    n = LEADS * patches
    if structure == "free":
        return [[i] for i in range(n)]
    if structure == "lead":
        return [[lead * patches + j for j in range(patches)] for lead in range(LEADS)]
    return [[lead * patches + j for lead in range(LEADS)] for j in range(patches)]


def export_removal(path):
    generator = torch.Generator().manual_seed(7)
    patches = 5
    n = LEADS * patches
    logits = 3 * torch.randn(4, n, generator=generator).double()
    visible = torch.rand(4, n, generator=generator) < 0.7
    visible[0] = True
    visible[3].view(LEADS, patches)[2:] = False     # two leads are left
    mix = torch.randn(4, n, generator=generator).double()
    out = {"logits": logits, "visible": visible, "mix": mix}
    for structure in ("free", "lead", "segment"):
        for share in (0.1, 0.5, 0.75):
            for tau in (1.0, 0.3):
                a = logits.clone().requires_grad_()
                soft, hard = torch.zeros_like(a), visible.clone()
                for b in range(4):
                    members = [[i for i in unit if visible[b, i]] for unit in units_of(structure, patches)]
                    members = [unit for unit in members if unit]
                    spare = 2 if structure == "free" else 1
                    count = max(min(math.floor(share * len(members) + 0.5), len(members) - spare), 0)
                    if count == 0:
                        continue
                    scores = torch.stack([a[b, unit].mean() for unit in members])
                    u = torch.sigmoid((scores - solve_budget(scores, count, tau)) / tau)
                    for unit, value in zip(members, u):
                        index = torch.tensor(unit)
                        soft = soft.index_put((torch.tensor(b), index), value.expand(len(unit)))
                    for chosen in scores.topk(count).indices:
                        hard[b, members[chosen]] = False
                name = f"{structure}.{share}.{tau}"
                (out[name + ".gradient"],) = torch.autograd.grad((-soft * mix).sum(), a)
                out[name + ".soft"], out[name + ".hard"] = soft, hard
    save_file({name: t.detach().contiguous() for name, t in out.items()}, path)


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "fixtures"
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    export_model(folder / "model_conv_selector.safetensors", 1)
    export_model(folder / "model_conv_attention.safetensors", 2, kind="attention", patch=9)
    export_model(folder / "model_linear_cls.safetensors", 3, kind="cls", stem="linear")
    export_model(folder / "model_linear_mean.safetensors", 4, kind="mean", stem="linear")
    export_model(folder / "model_conv_hidden.safetensors", 5, selector_hidden=6, patch=13)
    export_removal(folder / "removal.safetensors")


if __name__ == "__main__":
    main()
