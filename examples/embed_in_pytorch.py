#!/usr/bin/env python3
"""The ECG tower of a scar run in plain PyTorch: what `scar-eval embed RUN --data STORE --precision fp32` writes.

    embed_in_pytorch.py RUN STORE OUT.npz       needs torch, safetensors, h5py; docs/store-format.md describes the store
For the shipped configurations (stem conv; selector, or mean). Missing is absence: only visible tokens take part.
"""
import json, pathlib, re, sys
import h5py, numpy as np, torch
from safetensors.torch import load_file
from torch.nn import functional as F

def load(run):
    best = json.loads((run / "best.json").read_text())["checkpoint"]
    weights = load_file(run / "checkpoints" / best / "model.safetensors")
    ecg = (run / "config.yaml").read_text().split("\n  ecg:\n")[1].split("\n  text:\n")[0]
    patch, heads = (int(re.search(rf"^ *{key}: (\d+)", ecg, re.M)[1]) for key in ("patch_samples", "heads"))
    return {name[4:]: tensor for name, tensor in weights.items() if name.startswith("ecg.")}, patch, heads

def visible_tokens(signal, rate, patch):
    """[12, T] -> [12, P]: no sample is missing (-32768) or in a second of equal values, and the lead is not constant."""
    seen = ~(signal == -32768).reshape(12, -1, patch).any(2)
    for lead, row in zip(signal, seen):
        row &= len(np.unique(lead[lead != -32768])) > 1
        edges = [0, *np.flatnonzero(np.diff(lead)) + 1, len(lead)]
        for begin, end in zip(edges, edges[1:]):
            if end - begin >= max(2, round(rate)):
                row[begin // patch:(end - 1) // patch + 1] = False
    return torch.from_numpy(seen)

def embed(w, patch, heads, signal, scale_mv, rate):  # one record, int16 [12, T] -> [D], unit length
    linear = lambda name, x: F.linear(x, w[name + ".weight"], w.get(name + ".bias"))
    norm = lambda name, x: F.layer_norm(x, x.shape[-1:], w[name + ".weight"], w[name + ".bias"])
    seen = visible_tokens(signal, rate, patch)
    x = torch.from_numpy(signal.astype(np.float32) * scale_mv).view(12, -1, patch)[seen]  # [tokens, patch], mV
    z = F.pad(x.unsqueeze(1), (6, 6 + -patch % 4))
    for conv, stride in (("stem.conv1", 4), ("stem.conv2", 2), ("stem.conv3", 2)):
        z = z if stride == 4 else F.pad(z, (0, z.shape[-1] % 2))
        z = F.gelu(F.conv1d(z, w[conv + ".weight"], w[conv + ".bias"], stride=stride))
    amplitude = torch.stack([(x.square().mean(1).sqrt() + 0.01).log(), x.mean(1), x.amax(1) - x.amin(1)], 1)
    z = norm("stem.norm", linear("stem.out", z.transpose(1, 2).flatten(1))) + linear("stem.amplitude", amplitude)
    z = z + sum(w[axis][number] for axis, number in zip(("lead", "time"), seen.nonzero(as_tuple=True)))
    for block in (f"transformer.blocks.{b}." for b in range(sum(name.endswith("norm1.weight") for name in w))):
        qkv = linear(block + "attention.qkv", norm(block + "norm1", z)).unflatten(1, (3, heads, -1)).permute(1, 2, 0, 3)
        z = z + linear(block + "attention.out", F.scaled_dot_product_attention(*qkv).transpose(0, 1).flatten(1))
        z = z + linear(block + "mlp.out", F.gelu(linear(block + "mlp.in", norm(block + "norm2", z))))
    z = norm("transformer.norm", z)
    score = linear("selector.score", z) if "selector.score.weight" in w else torch.zeros(len(z), 1)
    return F.normalize(w["projection"] @ (score.softmax(0) * z).sum(0), dim=0)

def main(run, store, out):
    model, manifest, embeddings = load(run), json.loads((store / "MANIFEST.json").read_text()), {}
    for shard in (h5py.File(store / entry["name"]) for entry in manifest["shards"]):
        ends, text = shard["id/offsets"][:], shard["id/bytes"][:].tobytes()
        for i, name in enumerate(text[begin:end].decode() for begin, end in zip(ends, ends[1:])):
            embeddings[name] = embed(*model, shard["signal"][i], shard["scale_mv"][i], manifest["rate_hz"]).numpy()
    np.savez(out, id=list(embeddings), embedding=list(embeddings.values()))

if __name__ == "__main__":
    with torch.inference_mode():
        main(*map(pathlib.Path, sys.argv[1:]))
