#!/usr/bin/env python3
"""Trains and measures all variants of a study, several seeds each, and prints its tables.

    scripts/study.py synthetic --out runs/synthetic
    scripts/study.py ptbxl --store data/ptbxl100.store --out runs/ptbxl
    scripts/study.py stability --out runs/stability
    scripts/study.py cost --out runs/cost

Everything is kept in OUT: one run directory, one result and one file of scores per variant, seed and question. What is
there already is not done again, so an interrupted study goes on where it stopped; --tables only prints what OUT/results
says. A variant is the base configuration with one file of configs/ablations on top ('scar': none; 'random-longer':
random.yaml, and --longer for its train.duration). Python's standard library is enough.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import statistics
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLAIMED = ["scar", "random", "no-masker"]  # what the claims are about: more seeds, of the questions that they need
LONGER = "random-longer"  # random masks, for about the time that SCAR takes: no file of configs/ablations, but --longer
OTHERS = ["clean", "random-leads", "attention", "no-selector-loss", "reversal", LONGER, "saliency", "masker-alone"]
PTBXL_TASKS = ["ptbxl-super", "ptbxl-sub", "ptbxl-form", "ptbxl-rhythm"]
# Less noise than by default, so that short runs find the evidence; the calibration stays as it is (`scar-eval evidence`
# prints the optimum of a store).
QUIET = ["--noise", 0.5, "--wander", 0.2]
SYNTHETIC_EVALUATION_SEED = 1000  # of the corpus that is measured on; no run trains on it
REFERENCE_SEED = 1000  # of the run whose critical masks are transferred; it is compared with nobody


class Study:
    def __init__(self, flags):
        self.flags = flags
        self.out = pathlib.Path(flags.out)
        self.programs = pathlib.Path(flags.programs)
        self.log = self.out / "log"
        self.store = None  # what the runs train on
        self.locks = collections.defaultdict(threading.Lock)  # by name of a run or file that several jobs want
        if not (self.programs / "scar-train").exists() and not flags.tables:
            sys.exit(f"study.py: no scar-train in {self.programs}: build with scripts/build.sh --preset release, or name "
                     "the folder of the programs with --programs")
        if flags.tables and not self.out.is_dir():
            sys.exit(f"study.py: there is no study in {self.out}: leave --tables out to make one")
        if not flags.tables:
            for folder in (self.out, self.log, self.out / "results", self.out / "scores"):
                folder.mkdir(parents=True, exist_ok=True)

    def command(self, program, *arguments):
        return [str(self.programs / program), *map(str, arguments)]

    def call(self, name, command):
        """Runs a program; its messages go to log/NAME. Returns what it printed."""
        environment = dict(os.environ, OMP_WAIT_POLICY="PASSIVE")
        self.log.mkdir(exist_ok=True)  # --tables may meet answers that came without it
        with open(self.log / name, "a", encoding="utf-8") as messages:
            messages.write("$ " + " ".join(command) + "\n")
            messages.flush()
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=messages, env=environment, check=False)
        if done.returncode != 0:
            tail = (self.log / name).read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
            raise RuntimeError(f"{' '.join(command)}\nleft with status {done.returncode}; the end of {self.log / name}:\n"
                               + "\n".join(tail))
        return done.stdout.decode()

    def peak_memory(self, name, command):
        """Runs a program; its largest resident size in KiB, as the system counted it."""
        with open(self.log / name, "a", encoding="utf-8") as messages:
            child = subprocess.Popen(command, stdout=messages, stderr=messages)
            _, status, usage = os.wait4(child.pid, 0)
        if status != 0:
            raise RuntimeError(f"{' '.join(command)}\nfailed; see {self.log / name}")
        return usage.ru_maxrss

    def make_synthetic(self, path, records, seconds, seed=1, more=()):
        if not path.exists():
            self.call("stores", self.command("scar-prepare", "synth", "--out", path, "--records", records, "--seconds",
                                             seconds, "--seed", seed, "--jobs", self.flags.jobs, *more))

    def folder(self, variant, seed):
        return self.out / f"{variant}-s{seed}"

    def train(self, variant, seed):
        run = self.folder(variant, seed)
        status = run / "status.json"
        with self.locks[run.name]:
            if not status.exists() or json.loads(status.read_text())["state"] != "finished":
                self.call(f"train-{variant}-s{seed}", self.training(variant, run, f"--seed={seed}"))

    def training(self, variant, run, *more):
        configs = ["--config", ROOT / "configs" / self.flags.base]
        own = []  # after --set, which is for all runs: the last word on a key counts
        if variant == LONGER:
            own = [f"--train.duration={self.flags.longer}"]
            variant = "random"
        if variant != "scar":
            configs += ["--config", ROOT / "configs" / "ablations" / f"{variant}.yaml"]
        return self.command("scar-train", *configs, f"--data.store={self.store}", "--run-dir", run,
                            f"--threads={self.flags.threads}", f"--precision={self.flags.precision}", "--quiet", *more,
                            *self.flags.set, *own)

    def result(self, name):
        return self.out / "results" / f"{name}.json"

    def scores(self, variant, seed, question):
        return self.out / "scores" / f"{variant}-s{seed}-{question}.scores"

    def ask(self, variant, seed, question, verb, *arguments):
        """Keeps the JSON answer of scar-eval about a run. Asked once; a run that nothing is asked of is not trained."""
        name = f"{variant}-s{seed}-{question}"
        path = self.result(name)
        if path.exists():
            return
        self.train(variant, seed)
        words = [word() if callable(word) else word for word in arguments]
        answer = self.call(name, self.command("scar-eval", verb, self.folder(variant, seed), *words,
                                              "--precision", self.flags.precision, "--json"))
        json.loads(answer)
        part = path.with_suffix(".part")
        part.write_text(answer, encoding="utf-8")
        part.replace(path)

    def answer(self, name):
        path = self.result(name)
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def plan(self):
        """(variant, seed), the seeds in turn, so that a study that is cut short has all variants."""
        list_of = []
        for seed in range(1, max(self.flags.seeds, self.flags.other_seeds) + 1):
            for variant in self.flags.variants:
                most = self.flags.seeds if variant in CLAIMED else self.flags.other_seeds
                if seed <= most:
                    list_of.append((variant, seed))
        return list_of

    def work(self, one):
        """Calls one(variant, seed) for the whole plan, several at a time. All are tried; then the first failure is raised."""
        failures, start, done = [], time.time(), 0
        plan = self.plan()
        with concurrent.futures.ThreadPoolExecutor(self.flags.jobs) as pool:
            waiting = {pool.submit(one, *item): item for item in plan}
            for future in concurrent.futures.as_completed(waiting):
                variant, seed = waiting[future]
                done += 1
                if future.exception():
                    failures.append(future.exception())
                print(f"{time.time() - start:7.0f} s  {done}/{len(plan)}  {variant} seed {seed}"
                      + (": failed" if future.exception() else ""), file=sys.stderr, flush=True)
        if failures:
            raise failures[0]

    def seeds_of(self, variant):
        return range(1, (self.flags.seeds if variant in CLAIMED else self.flags.other_seeds) + 1)

    def compare(self, question, a, b, endpoints):
        """scar-eval compare of two variants over the seeds that both have, pair by pair, under a heading."""
        files = {v: [self.scores(v, s, question) for s in self.seeds_of(v)] for v in (a, b)}
        both = [(x, y) for x, y in zip(files[a], files[b]) if x.exists() and y.exists()]
        kept = self.out / "results" / f"compare-{a}-{b}-{question}.md"
        if not both or not (self.programs / "scar-eval").exists():  # somebody else's answers, to be looked at
            return kept.read_text(encoding="utf-8") if kept.exists() else ""
        flags = []
        for endpoint in endpoints:
            flags += ["--endpoint", endpoint]
        said = self.call(f"compare-{a}-{b}-{question}",
                         self.command("scar-eval", "compare", *sum((["--a", x] for x, _ in both), []),
                                      *sum((["--b", y] for _, y in both), []), *flags,
                                      "--out", self.result(f"compare-{a}-{b}-{question}")))
        text = f"\n### {question}, {a} against {b}\n\n{said}"
        kept.write_text(text, encoding="utf-8")
        return text


def mean_and_spread(values):
    values = [v for v in values if v is not None]
    if not values:
        return "-"
    if len(values) == 1:
        return f"{values[0]:.3f}"
    return f"{statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def figure_table(study, figures, answers):
    """Rows: variants; columns: figures, name -> function of one seed's answers. Mean and standard deviation over seeds."""
    rows = []
    for variant in study.flags.variants:
        found = [a for a in (answers(variant, seed) for seed in study.seeds_of(variant)) if a]
        if found:
            rows.append([variant, str(len(found))] + [mean_and_spread([f(a) for a in found]) for f in figures.values()])
    return table(["variant", "seeds", *figures], rows) if rows else ""


def curve_table(study, question):
    """Areas under the deletion and insertion curves, each measure's minus that of random orders."""
    figures = {}
    for way in ("deletion", "insertion"):
        figures[f"{way}, random"] = lambda a, way=way: a["curves"][way]["random_area"]
        for measure in ("selector", "attention", "saliency"):
            figures[f"{way}, {measure}"] = lambda a, way=way, measure=measure: (
                a["curves"][way].get(measure, {}).get("minus_random"))
    rows = figure_table(study, figures, lambda v, s: study.answer(f"{v}-s{s}-{question}"))
    heading = "Deletion (less is better) and insertion (more is better), area minus that of random orders"
    return f"{heading}\n\n{rows}" if rows else ""


# ---------------------------------------------------------------- ground truth


def synthetic(study):
    flags = study.flags
    study.store = pathlib.Path(flags.store or study.out / "train.store")
    held = pathlib.Path(flags.evaluation_store or study.out / "evaluation.store")

    def one(variant, seed):
        common = ["--data", held, "--threads", flags.threads, "--split", "1,2,3,4,5,6,7,8,9,10"]
        study.ask(variant, seed, "evidence", "evidence", *common, "--save-scores",
                  study.scores(variant, seed, "evidence"))
        if variant in CLAIMED and seed <= flags.other_seeds:
            study.ask(variant, seed, "curves", "curves", *common, "--task", "synth")

    if not flags.tables:
        for path, seed, records in ((study.store, 1, flags.records), (held, SYNTHETIC_EVALUATION_SEED, flags.evaluation_records)):
            study.make_synthetic(path, records, flags.seconds, seed, QUIET)
        study.work(one)
    print(synthetic_tables(study))


def synthetic_tables(study):
    def oracle(condition):
        return lambda a: a["oracle"]["macro"][condition]

    def enrichment(measure, rate, structure="free"):
        return lambda a: next((row[measure]["macro"] for row in a["enrichment"]["rows"]
                               if row["structure"] == structure and abs(row["rate"] - rate) < 1e-9 and row[measure]), None)

    figures = {"clean": oracle("clean"), "primary removed": oracle("primary_removed"),
               "secondary removed": oracle("secondary_removed")}
    figures["gap"] = lambda a: a["oracle"]["gap"]
    answers = lambda v, s: study.answer(f"{v}-s{s}-evidence")
    text = "Macro AUROC of records against their twins; gap: secondary-only optimum - AUROC with the primary evidence removed\n\n"
    text += figure_table(study, figures, answers)
    enriched = {f"{measure} {rate}": enrichment(measure, rate) for rate in (0.1, 0.3, 0.5)
                for measure in ("masker", "saliency", "attention", "selector", "ceiling")}
    enriched |= {f"{measure}, leads .3": enrichment(measure, 0.3, "lead") for measure in ("masker", "saliency", "attainable")}
    text += "\nEnrichment of primary evidence, single tokens unless said\n\n" + figure_table(study, enriched, answers)
    text += "\n" + curve_table(study, "curves")
    for other in study.flags.variants:
        if other != "scar" and "scar" in study.flags.variants:
            text += study.compare("evidence", "scar", other, ["primary_removed"])
    return text


# ---------------------------------------------------------------- real ECGs


def ptbxl(study):
    flags = study.flags
    if not flags.store and not flags.tables:
        sys.exit("study.py ptbxl: --store is needed: what 'scar-prepare ptbxl --root DIR --out STORE --rate 100' made")

    study.store = flags.store

    def common(task):
        positives, negatives = (100, 300) if task == flags.tasks[0] else (20, 60)
        return ["--data", flags.store, "--task", task, "--split", flags.fold, "--threads", flags.threads,
                "--max-positives", positives, "--max-negatives", negatives]

    def reference(task, structure):
        """Masks that are transferred to all variants: those of a run with random masks that is none of them."""
        path = study.out / f"reference-{task}-{structure}.masks"
        with study.locks[path.name]:
            if not path.exists():
                study.ask("random", REFERENCE_SEED, f"{task}-{structure}", "zeroshot", *common(task), "--mask",
                          "critical:0.5", "--structure", structure, "--save-masks", path)
        return path

    def zeroshot(variant, seed, task, kind, *arguments):
        study.ask(variant, seed, f"{task}-{kind}", "zeroshot", *common(task), *arguments, "--save-scores",
                  study.scores(variant, seed, f"{task}-{kind}"))

    def one(variant, seed):
        claims_alone = seed > flags.other_seeds
        for task in flags.tasks:
            if claims_alone and task != flags.tasks[0]:
                continue
            zeroshot(variant, seed, task, "leads", "--mask", "joint:0.25", "--mask", "joint:0.5", "--mask", "joint:0.75",
                     "--mask", "clinical:i-ii-v2", "--mask", "clinical:single-ii", "--mask", "critical:0.5", "--cmrs")
            if claims_alone:
                continue
            zeroshot(variant, seed, task, "tokens", "--mask", "critical:0.5", "--structure", "tokens")
            for structure in ("leads", "tokens"):
                zeroshot(variant, seed, task, f"{structure}-transferred", "--mask", "critical:0.5", "--structure", structure,
                         "--masks", lambda task=task, structure=structure: str(reference(task, structure)))
            if variant in CLAIMED:
                study.ask(variant, seed, f"{task}-curves", "curves", "--data", flags.store, "--task", task, "--split",
                          flags.fold, "--threads", flags.threads, "--max-positives", 50)

    if not flags.tables:
        study.work(one)
    print(ptbxl_tables(study))


def ptbxl_tables(study):
    def rule(condition):
        return lambda a: next((c["score"]["macro_auroc"] for c in a["leads"]["conditions"] if c["condition"] == condition),
                              None)

    def critical(kind):
        def figure(a):
            if a[kind] is None:
                return None
            return next((r["critical"]["macro_auroc"] for r in a[kind]["critical"]["rates"]
                         if abs(r["rate"] - 0.5) < 1e-9), None)
        return figure

    figures = {name: rule(condition) for name, condition in
               (("clean", "clean"), ("joint .25", "joint:0.25"), ("joint .5", "joint:0.5"), ("joint .75", "joint:0.75"),
                ("I, II, V2", "clinical:i-ii-v2"), ("II alone", "clinical:single-ii"))}
    figures |= {"critical leads": critical("leads"), "transferred": critical("leads-transferred"),
                "critical tokens": critical("tokens"), "tokens transferred": critical("tokens-transferred"),
                "CMRS": lambda a: a["leads"]["cmrs"]["cmrs"]}
    kinds = ["leads", "leads-transferred", "tokens", "tokens-transferred"]
    text = ""
    for task in study.flags.tasks:
        def answers(variant, seed):
            found = {kind: study.answer(f"{variant}-s{seed}-{task}-{kind}") for kind in kinds}
            return found if found["leads"] else None
        text += f"### {task}\n\n" + figure_table(study, figures, answers) + "\n" + curve_table(study, f"{task}-curves") + "\n"
    endpoints = ["critical:0.5", "clinical:i-ii-v2"]
    for other in study.flags.variants:
        if other != "scar" and "scar" in study.flags.variants:
            text += study.compare(f"{study.flags.tasks[0]}-leads", "scar", other, endpoints)
    return text


# ---------------------------------------------------------------- stability and cost


def stability(study):
    """Ten seeds of the smallest configuration: their losses and their health, and whether any has collapsed."""
    flags = study.flags
    study.store = pathlib.Path(flags.store or study.out / "train.store")
    if not flags.tables:
        study.make_synthetic(study.store, 3000, 10)
        study.work(study.train)
    rows, curves = [], {}
    for variant, seed in study.plan():
        log = study.out / f"{variant}-s{seed}" / "metrics.jsonl"
        if not log.exists():
            continue
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        steps = [line for line in lines if line["kind"] == "step"]
        checks = [line for line in lines if line["kind"] == "validation"]
        alarms = sum("warning[W10" in line for line in (study.out / f"{variant}-s{seed}" / "train.log").read_text().splitlines())
        curves[f"{variant}-s{seed}"] = {
            "loss": [[s["step"], s["loss"]["total"]] for s in steps],
            "validation": [[c["step"], c["clean"], c["masked"], c.get("masker")] for c in checks],
            "game": [[s["step"], s["game"]] for s in steps if "game" in s]}
        last, health = checks[-1], [s["game"] for s in steps if s.get("game", {}).get("masker_steps", 0) >= 50]
        row = [variant, str(seed), f"{checks[0]['clean']:.3f}", f"{last['clean']:.3f}", f"{last['masked']:.3f}",
               f"{last['matched']:.3f}"]
        if health:
            row += [f"{min(h['lead_entropy'] for h in health):.2f}", f"{min(h['indecision'] for h in health):.3f}",
                    f"{last['masker']['gain']:+.3f}", f"{last['masker']['gain_low']:+.3f}",
                    f"{last['masker']['saliency_gain']:+.3f}", f"{last['holes']['high']:.3f}"]
        else:
            row += ["-"] * 6
        rows.append(row + [str(alarms)])
    (study.out / "curves.json").write_text(json.dumps(curves), encoding="utf-8")
    print(table(["variant", "seed", "first clean loss", "clean loss", "masked loss", "matched", "lead entropy, least",
                 "indecision, least", "masker gain", "lower", "saliency gain", "holes, upper", "alarms"], rows))
    print(f"curves: {study.out / 'curves.json'}")


def cost(study):
    """Time and memory of an update of each variant, relative to clean only. Wants a machine at rest."""
    flags = study.flags
    study.store = pathlib.Path(flags.store or study.out / "train.store")
    if not flags.tables:
        study.make_synthetic(study.store, 4000, 10)
    variants = [v for v in flags.variants if v not in ("clean", LONGER)]
    measured = {}
    for repeat in range(flags.repeats):
        for variant in ["clean", *variants]:
            run = study.out / f"{variant}-{repeat}"
            memory = study.out / f"{variant}-{repeat}.memory"
            if flags.tables and not memory.exists():
                continue
            if not memory.exists():
                memory.write_text(str(study.peak_memory(f"cost-{variant}-{repeat}", study.training(
                    variant, run, "--train.duration=60u", "--train.log_every=1", "--game.warmup_steps=10",
                    "--train.validate_every=60u", "--train.save_every=60u"))), encoding="utf-8")
            steps = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
            # From update 20 on the adversary plays and memory is warm.
            times = [s["step_ms"] for s in steps if s["kind"] == "step" and s["step"] > 20]
            measured.setdefault(variant, []).append((statistics.mean(times), int(memory.read_text()) / 1024))
    if "clean" not in measured:
        sys.exit("study.py: nothing has been timed yet: leave --tables out")
    base_time = [m[0] for m in measured["clean"]]
    base_memory = statistics.median(m[1] for m in measured["clean"])
    rows = []
    for variant, values in measured.items():
        ratios = [v[0] / b for v, b in zip(values, base_time)]
        most = statistics.median(v[1] for v in values)
        rows.append([variant, f"{statistics.median(v[0] for v in values):.0f}", f"{statistics.median(ratios):.2f}",
                     f"{min(ratios):.2f}-{max(ratios):.2f}", f"{most:.0f}", f"{most / base_memory:.2f}"])
    print(table(["variant", "ms per update", "relative to clean", "range", "memory at most, MiB", "relative"], rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["synthetic", "ptbxl", "stability", "cost"])
    parser.add_argument("--out", required=True, help="folder of the study")
    parser.add_argument("--store", help="records to train on (synthetic, stability and cost make their own)")
    parser.add_argument("--evaluation-store", help="synthetic: records to measure on (default: made)")
    parser.add_argument("--records", type=int, default=40000, help="synthetic: in the store that is made")
    parser.add_argument("--evaluation-records", type=int, default=4000)
    parser.add_argument("--seconds", type=int, default=2, help="synthetic: length of a record")
    parser.add_argument("--longer", metavar="DURATION",
                        help=f"train.duration of {LONGER} (default, for SCAR's time: 40e synthetic, 1143u ptbxl)")
    parser.add_argument("--fold", default="9", help="ptbxl: fold that is measured on")
    parser.add_argument("--tasks", nargs="+", default=PTBXL_TASKS, help="ptbxl: the claims are about the first")
    parser.add_argument("--base", help="file of configs/ (default: the one of the study)")
    parser.add_argument("--variants", nargs="+", help="default: all of the study; synthetic: the claimed ones")
    parser.add_argument("--seeds", type=int, help=f"of {', '.join(CLAIMED)} (default: 8 synthetic, 5 ptbxl, 10 stability)")
    parser.add_argument("--other-seeds", type=int, default=3, help="of the other variants, and of questions that no claim needs")
    parser.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 1)), help="runs at a time")
    parser.add_argument("--threads", type=int, default=1, help="of each run")
    parser.add_argument("--precision", default="fp32", help="of training and answers; not 'auto' by default: a study may be of "
                                                           "several machines")
    parser.add_argument("--repeats", type=int, default=3, help="cost: how often each is timed")
    parser.add_argument("--set", action="append", default=[], metavar="--KEY=VALUE", help="a key of every training run")
    parser.add_argument("--programs", default=str(ROOT / "build" / "release" / "bin"), help="folder of the programs")
    parser.add_argument("--tables", action="store_true", help="only print what is there")
    flags = parser.parse_args()
    flags.base = flags.base or {"synthetic": "synth-ablate.yaml", "stability": "tiny.yaml"}.get(flags.kind, "ptbxl100-ablate.yaml")
    flags.variants = flags.variants or {"synthetic": CLAIMED, "stability": ["scar"]}.get(flags.kind, CLAIMED + OTHERS)
    # SCAR takes up to 1.5 times what random masks take, twice where the masker steps with every update (synthetic): the comparison is to be no easier for it.
    flags.longer = flags.longer or {"synthetic": "40e"}.get(flags.kind, "1143u")
    flags.seeds = flags.seeds or {"synthetic": 8, "ptbxl": 5, "stability": 10}.get(flags.kind, 1)
    try:
        {"synthetic": synthetic, "ptbxl": ptbxl, "stability": stability, "cost": cost}[flags.kind](Study(flags))
    except RuntimeError as failure:
        sys.exit(f"study.py: {failure}")


if __name__ == "__main__":
    main()
