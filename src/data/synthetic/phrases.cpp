#include "phrases.h"

namespace scar::data {

const Phrases& english_phrases() {
  static const Phrases phrases = {
      .findings =
          {
              {"normal ECG", "within normal limits", "no abnormalities detected", "normal tracing",
               "unremarkable electrocardiogram"},
              {"anterior myocardial infarction", "anterior infarct",
               "ST elevation in V1 to V4 consistent with anterior infarction", "anteroseptal myocardial infarction",
               "findings consistent with infarction of the anterior wall"},
              {"inferior myocardial infarction", "inferior infarct",
               "ST elevation in II, III and aVF suggesting inferior infarction", "infarction of the inferior wall",
               "inferior wall myocardial infarction, age undetermined"},
              {"lateral myocardial infarction", "lateral infarct",
               "ST elevation in V5 and V6 suggesting lateral infarction", "infarction of the lateral wall",
               "lateral wall myocardial infarction, age undetermined"},
              {"left bundle branch block", "complete left bundle branch block", "LBBB",
               "broad notched QRS in keeping with left bundle branch block"},
              {"right bundle branch block", "complete right bundle branch block", "RBBB",
               "rsR' in V1 in keeping with right bundle branch block"},
              {"left ventricular hypertrophy", "voltage criteria for left ventricular hypertrophy",
               "LVH with repolarisation changes", "high left ventricular voltages, probable hypertrophy"},
              {"first degree AV block", "first-degree atrioventricular block", "prolonged PR interval",
               "1st degree AV block"},
              {"atrial fibrillation", "irregularly irregular rhythm, atrial fibrillation",
               "atrial fibrillation with absent P waves", "rhythm is atrial fibrillation"},
              {"ventricular premature complexes", "ventricular extrasystoles", "ventricular ectopic beats",
               "premature ventricular contractions", "isolated PVCs"},
              {"sinus bradycardia", "bradycardic sinus rhythm", "slow sinus rhythm",
               "sinus bradycardia, slow heart rate"},
              {"sinus tachycardia", "tachycardic sinus rhythm", "fast sinus rhythm",
               "sinus tachycardia, rapid heart rate"},
          },
      .sinus_rhythm = {"sinus rhythm", "regular sinus rhythm", "rhythm: sinus", "normal sinus rhythm"},
      .rate_before = "rate ",
      .rate_after = "/min",
      .left_axis = {"left axis", "leftward axis"},
      .normal_axis = {"normal axis", "axis within normal limits"},
      .right_axis = {"right axis", "rightward axis"},
      .asides = {"comparison with prior not possible", "no previous tracing for comparison", "unconfirmed report",
                 "clinical correlation advised", "some baseline wander", "reviewed by physician",
                 "standard calibration"},
  };
  return phrases;
}

const Phrases& german_phrases() {
  static const Phrases phrases = {
      .findings =
          {
              {"normales EKG", "EKG im Normbereich", "unauff\u00e4lliges EKG", "kein pathologischer Befund",
               "Normalbefund"},
              {"Vorderwandinfarkt", "anteriorer Myokardinfarkt",
               "ST-Hebung in V1 bis V4, vereinbar mit Vorderwandinfarkt", "anteroseptaler Infarkt",
               "Zeichen eines Infarktes der Vorderwand"},
              {"Hinterwandinfarkt", "inferiorer Myokardinfarkt",
               "ST-Hebung in II, III und aVF, Verdacht auf inferioren Infarkt",
               "inferiorer Infarkt unbestimmten Alters", "Infarkt der Hinterwand"},
              {"Seitenwandinfarkt", "lateraler Myokardinfarkt", "ST-Hebung in V5 und V6, Verdacht auf Lateralinfarkt",
               "lateraler Infarkt unbestimmten Alters", "Infarkt der Seitenwand"},
              {"Linksschenkelblock", "kompletter Linksschenkelblock", "LSB",
               "breiter, gekerbter QRS-Komplex bei Linksschenkelblock"},
              {"Rechtsschenkelblock", "kompletter Rechtsschenkelblock", "RSB", "rsR' in V1 bei Rechtsschenkelblock"},
              {"linksventrikul\u00e4re Hypertrophie", "Linksherzhypertrophie",
               "Hypertrophiezeichen links mit Erregungsr\u00fcckbildungsst\u00f6rung",
               "hohe Amplituden, Verdacht auf linksventrikul\u00e4re Hypertrophie"},
              {"AV-Block I. Grades", "AV-Block ersten Grades", "PQ-Zeit verl\u00e4ngert", "AV-Block 1. Grades"},
              {"Vorhofflimmern", "absolute Arrhythmie bei Vorhofflimmern", "Vorhofflimmern, keine P-Wellen",
               "Rhythmus: Vorhofflimmern"},
              {"ventrikul\u00e4re Extrasystolen", "ventrikul\u00e4re Extrasystolie", "einzelne VES",
               "Kammerextrasystolen"},
              {"Sinusbradykardie", "bradykarder Sinusrhythmus", "langsamer Sinusrhythmus",
               "Sinusbradykardie, langsame Herzfrequenz"},
              {"Sinustachykardie", "tachykarder Sinusrhythmus", "schneller Sinusrhythmus",
               "Sinustachykardie, hohe Herzfrequenz"},
          },
      .sinus_rhythm = {"Sinusrhythmus", "regelm\u00e4\u00dfiger Sinusrhythmus", "Rhythmus: Sinusrhythmus",
                       "normaler Sinusrhythmus"},
      .rate_before = "Frequenz ",
      .rate_after = "/min",
      .left_axis = {"Linkstyp", "\u00fcberdrehter Linkstyp"},
      .normal_axis = {"Indifferenztyp", "Normaltyp"},
      .right_axis = {"Rechtstyp", "Steiltyp"},
      .asides = {"Vergleich mit Vorbefund nicht m\u00f6glich", "kein Vor-EKG vorliegend", "unbest\u00e4tigter Befund",
                 "klinische Korrelation empfohlen", "Grundlinienschwankungen", "\u00e4rztlich gesehen",
                 "Standardeichung"},
  };
  return phrases;
}

}  // namespace scar::data
