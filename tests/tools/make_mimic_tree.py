#!/usr/bin/env python3
"""A tree in the layout of MIMIC-IV-ECG 1.0, of any number of records, for tests and measurements of scale.

    tests/tools/make_mimic_tree.py OUT --records 50000

Headers, folders and tables are those of the dataset: aVF before aVL, gain 200/mV, 18 statement columns, several studies per
subject, one record in 500 with a text that is too short. The signals are 64 different ones, hard-linked, so that 50,000
records take 300 MB; they are noise and mean nothing. Needs numpy (Debian: python3-numpy).
"""
import argparse
import os
import pathlib

import numpy as np

LEADS = ["I", "II", "III", "aVR", "aVF", "aVL", "V1", "V2", "V3", "V4", "V5", "V6"]
RHYTHMS = ["Sinus rhythm", "Atrial fibrillation", "Sinus tachycardia", "*** Sinus bradycardia", "Paced rhythm"]
FINDINGS = ["Left axis deviation", "Inferior infarct - age undetermined", "Lateral ST-T changes", "Normal ECG",
            "Borderline EKG", "Possible left atrial abnormality", "Low QRS voltages"]
DISTINCT, SAMPLES = 64, 5000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--records", type=int, required=True)
    arguments = parser.parse_args()
    random = np.random.default_rng(1)
    base = arguments.out / "files" / ".signals"
    base.mkdir(parents=True)
    lines = []
    for k in range(DISTINCT):
        signal = np.cumsum(random.normal(0, 4, (SAMPLES, 12)), axis=0)
        signal = (signal - signal.mean(0)).round().astype("<i2")
        (base / f"{k}.dat").write_bytes(signal.tobytes())
        sums = signal.astype(np.int64).sum(0) % 65536
        lines.append([f".dat 16 200.0(0)/mV 16 0 {signal[0, i]} {sums[i]} 0 {LEADS[i]}\n" for i in range(12)])
    with open(arguments.out / "record_list.csv", "w") as records, open(arguments.out / "machine_measurements.csv", "w") as texts:
        records.write("subject_id,study_id,file_name,ecg_time,path\n")
        texts.write("subject_id,study_id,cart_id,ecg_time," + ",".join(f"report_{i}" for i in range(18)) + "\n")
        subject = 10000000
        for n in range(arguments.records):
            subject += int(random.random() < 0.2)
            study = 40000000 + n
            folder = arguments.out / "files" / f"p{str(subject)[:4]}" / f"p{subject}" / f"s{study}"
            folder.mkdir(parents=True, exist_ok=True)
            kind = n % DISTINCT
            with open(folder / f"{study}.hea", "w") as header:
                header.write(f"{study} 12 500 5000 08:44:00 23/07/2180\n")
                header.writelines(f"{study}{line}" for line in lines[kind])
                header.write(f"# <subject_id>: {subject}\n")
            os.link(base / f"{kind}.dat", folder / f"{study}.dat")
            time = "2180-07-23 08:44:00"
            records.write(f"{subject},{study},{study},{time},files/{folder.relative_to(arguments.out / 'files')}/{study}\n")
            statements = ["Sinus"] if n % 500 == 499 else [RHYTHMS[n % 5], FINDINGS[n % 7], "", FINDINGS[n // 7 % 7]]
            texts.write(f"{subject},{study},1,{time}," + ",".join(statements + [""] * (18 - len(statements))) + "\n")


if __name__ == "__main__":
    main()
