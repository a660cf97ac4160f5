#!/usr/bin/env python3
"""Writes the reference values that tests/unit/objective compares scar's losses with.

Written for clarity in double precision: every sum is a loop over pairs or tokens, every distribution is normalised by hand.

    python tests/reference/export_objective.py [folder]    # default: tests/reference/fixtures beside this file
"""
import math
import pathlib
import sys

import torch
from safetensors.torch import save_file


def contrastive(ecg, text, scale, positive, excluded):
    """Mean over rows of -1/2 * average over matches j of log p(t_j|e_i) + log p(e_j|t_i)."""
    batch = len(ecg)
    logits = scale.exp() * ecg @ text.T
    rows = []
    for i in range(batch):
        matches = [j for j in range(batch) if positive[i, j]]
        seen = [j for j in range(batch) if not excluded[i, j]]
        row = 0
        for j in matches:
            row = row + logits[i, j] - torch.logsumexp(torch.stack([logits[i, k] for k in seen]), 0)
            row = row + logits[j, i] - torch.logsumexp(torch.stack([logits[k, i] for k in seen]), 0)
        rows.append(-0.5 * row / len(matches))
    return torch.stack(rows)


def selection(scores, similarity, valid, target, tau):
    """KL(w* || w) + relu(ln(N)/2 - H(w)) of each row; w = softmax(scores) over the valid tokens."""
    rows = []
    for b in range(len(scores)):
        tokens = [m for m in range(scores.shape[1]) if valid[b, m]]
        log_w = torch.log_softmax(torch.stack([scores[b, m] for m in tokens]), 0)
        s = torch.stack([similarity[b, m] for m in tokens]).detach() / tau
        if target == "reweight":
            s = s + log_w.detach()
        w_star = torch.softmax(s, 0)
        kl = sum(w_star[i] * (w_star[i].log() - log_w[i]) for i in range(len(tokens)))
        entropy = -sum(log_w[i].exp() * log_w[i] for i in range(len(tokens)))
        rows.append(kl + torch.relu(0.5 * math.log(len(tokens)) - entropy))
    return torch.stack(rows)


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "fixtures"
    torch.manual_seed(20)
    out = {}

    batch, width = 9, 12
    ecg = torch.nn.functional.normalize(torch.randn(batch, width, dtype=torch.double), dim=1).requires_grad_()
    text = torch.nn.functional.normalize(torch.randn(batch, width, dtype=torch.double), dim=1).requires_grad_()
    scale = torch.tensor(math.log(1 / 0.07), dtype=torch.double, requires_grad=True)
    positive = torch.eye(batch, dtype=torch.bool)
    for i, j in [(0, 3), (0, 5), (3, 5), (2, 7)]:
        positive[i, j] = positive[j, i] = True
    excluded = torch.zeros(batch, batch, dtype=torch.bool)
    for i, j in [(0, 1), (2, 4), (6, 8), (1, 7)]:
        excluded[i, j] = excluded[j, i] = True
    rows = contrastive(ecg, text, scale, positive, excluded)
    rows.mean().backward()
    out |= {"contrastive.ecg": ecg, "contrastive.text": text, "contrastive.logit_scale": scale, "contrastive.positive": positive,
            "contrastive.excluded": excluded, "contrastive.rows": rows, "contrastive.ecg.grad": ecg.grad,
            "contrastive.text.grad": text.grad, "contrastive.logit_scale.grad": scale.grad}

    valid = torch.rand(5, 11) < 0.7
    valid[:, 0] = True
    valid[4] = False
    valid[4, 3] = True
    similarity = torch.rand(5, 11, dtype=torch.double) * 2 - 1
    out |= {"selection.valid": valid, "selection.similarity": similarity}
    base = torch.randn(5, 11, dtype=torch.double) * 3   # sharp enough for the entropy term to act
    out["selection.scores"] = base
    for target in ["reweight", "masked", "clean"]:
        scores = base.clone().requires_grad_()
        rows = selection(scores, similarity, valid, target, 0.3)
        rows.sum().backward()
        out |= {f"selection.{target}.rows": rows, f"selection.{target}.grad": scores.grad}

    save_file({name: value.detach().contiguous().clone() for name, value in out.items()}, folder / "objective.safetensors")


if __name__ == "__main__":
    main()
