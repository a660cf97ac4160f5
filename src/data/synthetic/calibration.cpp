#include "scar/data/synthetic/calibration.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "trace.h"

namespace scar::data {

namespace {

constexpr int kPatients = 400;        // hearts whose beats give the covariance of what is not the source
constexpr double kBeatRr = 0.85;      // s; one beat with its surroundings
constexpr double kBeatTime = 0.40;    // of its R peak in the window
constexpr int kIndependentLeads = 8;  // I, II, V1..V6

using Vector = std::vector<double>;
struct Matrix {  // lower triangle is used
  std::size_t n = 0;
  std::vector<double> a;
  explicit Matrix(std::size_t size) : n(size), a(size * size) {}
  double& at(std::size_t i, std::size_t j) { return a[i * n + j]; }
  void add_outer(const Vector& v, double weight) {
    for (std::size_t i = 0; i < n; ++i) {
      if (v[i] == 0) continue;
      for (std::size_t j = 0; j <= i; ++j) at(i, j) += weight * v[i] * v[j];
    }
  }
};

/// s^T C^-1 s by Cholesky decomposition.
double precision_along(Matrix c, const Vector& s) {
  Vector y(s);
  for (std::size_t j = 0; j < c.n; ++j) {
    for (std::size_t i = j; i < c.n; ++i) {
      double sum = c.at(i, j);
      for (std::size_t k = 0; k < j; ++k) sum -= c.at(i, k) * c.at(j, k);
      if (i == j && sum <= 0) throw Error(Code::internal, "the covariance of the calibration is singular");
      c.at(i, j) = i == j ? std::sqrt(sum) : sum / c.at(j, j);
    }
  }
  double total = 0;
  for (std::size_t i = 0; i < c.n; ++i) {
    for (std::size_t k = 0; k < i; ++k) y[i] -= c.at(i, k) * y[k];
    y[i] /= c.at(i, i);
    total += y[i] * y[i];
  }
  return total;
}

/// A record of one second with one beat, so that a source is a vector over (independent lead, sample).
SyntheticOptions window_options(const SyntheticOptions& options) {
  SyntheticOptions one = options;
  one.seconds = 1;
  return one;
}
std::vector<Beat> one_beat(double p_onset) {
  return {Beat{.time = kBeatTime, .qt_scale = std::sqrt(kBeatRr), .gain = 1, .p_onset = p_onset, .ectopic = false}};
}

Vector source_vector(const SyntheticOptions& window, const LocalSource& source, double stage) {
  const auto course = source_course(window, source, stage, one_beat(0.16));
  const auto gains = precordial_gains(source, 0);
  Vector out;
  for (int lead = 0; lead < kIndependentLeads; ++lead) {
    const double gain = lead == 0   ? source.limb_i
                        : lead == 1 ? source.limb_ii
                                    : gains[static_cast<std::size_t>(lead - 2)];
    for (const float value : course) out.push_back(gain * static_cast<double>(value));
  }
  return out;
}

/// Beats of kPatients hearts, dipole alone, minus their mean.
std::vector<Vector> heart_vectors(const SyntheticOptions& options) {
  const auto window = window_options(options);
  const auto samples = static_cast<std::size_t>(window.samples());
  std::vector<Vector> hearts;
  Vector mean(kIndependentLeads * samples);
  for (int i = 0; i < kPatients; ++i) {
    const Scene scene = draw_scene(options, 4 * i);  // each of another patient
    std::array<std::vector<float>, 3> dipole;
    for (auto& axis : dipole) axis.resize(samples);
    add_dipole(window, scene, one_beat(scene.pr_normal), dipole);
    Vector heart;
    for (const auto& lead : kDipoleToLead) {
      for (std::size_t t = 0; t < samples; ++t) {
        heart.push_back(lead[0] * static_cast<double>(dipole[0][t]) + lead[1] * static_cast<double>(dipole[1][t]) +
                        lead[2] * static_cast<double>(dipole[2][t]));
      }
    }
    for (std::size_t k = 0; k < heart.size(); ++k) mean[k] += heart[k] / kPatients;
    hearts.push_back(std::move(heart));
  }
  for (auto& heart : hearts) {
    for (std::size_t k = 0; k < heart.size(); ++k) heart[k] -= mean[k];
  }
  return hearts;
}

double normal_density(double x, double mean, double variance) {
  return std::exp(-0.5 * (x - mean) * (x - mean) / variance) / std::sqrt(2 * std::numbers::pi * variance);
}

/// AUROC of the log-likelihood ratio of an observed amplitude: N(mean, blur^2 + sd^2) with the finding, N(0, blur^2)
/// without it, or with probability `decoy` as with it.
double auroc(double mean, double sd, double blur, double decoy) {
  constexpr int kGrid = 20001;
  const double with = blur * blur + sd * sd, without = blur * blur;
  const double low = -9 * blur - 9 * sd, high = mean + 9 * blur + 9 * sd;
  struct Cell {
    double ratio, p, q;
  };
  std::vector<Cell> cells;
  double p_sum = 0, q_sum = 0;
  for (int i = 0; i < kGrid; ++i) {
    const double y = low + (high - low) * i / (kGrid - 1);
    const double p = normal_density(y, mean, with);
    const double q = (1 - decoy) * normal_density(y, 0, without) + decoy * p;
    cells.push_back({q > 0 ? p / q : 0, p, q});
    p_sum += p;
    q_sum += q;
  }
  std::sort(cells.begin(), cells.end(), [](const Cell& a, const Cell& b) { return a.ratio < b.ratio; });
  double below = 0, area = 0;
  for (const auto& cell : cells) {
    area += cell.p / p_sum * (below + 0.5 * cell.q / q_sum);
    below += cell.q / q_sum;
  }
  return area;
}

/// Standard deviation of the best linear unbiased estimate of a source's amplitude from the leads that it reaches, with
/// hearts, other sources (normal variation, decoys and findings), and noise as nuisance of known covariance.
double estimation_sd(const SyntheticOptions& options, std::size_t index, double stage,
                     const std::vector<Vector>& hearts) {
  const auto window = window_options(options);
  const auto samples = static_cast<std::size_t>(window.samples());
  const auto& own = kLocalSources[index];
  const Vector whole = source_vector(window, own, stage);
  std::vector<std::size_t> kept;  // samples of leads that the source reaches, while it lasts
  std::vector<bool> reached(samples), lead_reached(kIndependentLeads);
  for (std::size_t k = 0; k < whole.size(); ++k) {
    if (whole[k] != 0) reached[k % samples] = lead_reached[k / samples] = true;
  }
  for (std::size_t k = 0; k < whole.size(); ++k) {
    if (lead_reached[k / samples] && reached[k % samples]) kept.push_back(k);
  }
  // 500 Hz holds no more about these smooth waves than 100 Hz: every n-th sample, with the noise of n.
  const auto stride = static_cast<std::size_t>(options.rate_hz / 100);
  std::erase_if(kept, [&](std::size_t k) { return k % samples % stride != 0; });
  const auto restrict = [&](const Vector& v) {
    Vector out;
    for (const auto k : kept) out.push_back(v[k]);
    return out;
  };
  Matrix covariance(kept.size());
  for (const auto& heart : hearts) covariance.add_outer(restrict(heart), 1.0 / kPatients);
  for (std::size_t s = 0; s < kSources; ++s) {
    const auto& other = kLocalSources[s];
    if (s == index) continue;
    const double power = other.mean_uv * other.mean_uv + other.sd_uv * other.sd_uv;
    double variance = other.background_uv * other.background_uv;
    // The other source of the same finding is a matter of the label, not a nuisance.
    if (other.finding != own.finding) {
      variance += power * (prevalence(other.finding) + (other.primary ? 0.0 : options.decoy_rate));
    }
    for (const double other_stage : {0.2, 0.8})
      covariance.add_outer(restrict(source_vector(window, other, other_stage)), variance / 2);
  }
  const auto& v = kVariation;
  double family = 0;
  for (const auto& recorder : kRecorders) family += recorder.share * recorder.noise * recorder.noise;
  const double muscle = options.noise * v.muscle_uv, mains = options.noise * v.mains_uv;
  const double electrode =
      family *
      (muscle * muscle * std::exp(2 * (v.muscle_log_sd * v.muscle_log_sd + v.electrode_log_sd * v.electrode_log_sd)) +
       mains * mains);
  const double beats = static_cast<double>(options.seconds) * v.rate_normal.mean / 60 * static_cast<double>(stride);
  // A limb lead is the difference of two electrodes, a precordial one holds a third of three. Beat gains vary, too. The
  // floor of 1 uV keeps the matrix regular without noise: samples are whole microvolts.
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const bool limb = kept[i] / samples < 2;
    covariance.at(i, i) += electrode * (limb ? 2.0 : 4.0 / 3) / beats + 1.0;
  }
  return 1 / std::sqrt(precision_along(std::move(covariance), restrict(whole)));
}

}  // namespace

std::vector<CalibrationRow> calibrate(const SyntheticOptions& options) {
  const auto hearts = heart_vectors(options);
  std::vector<CalibrationRow> rows;
  for (std::size_t s = 0; s < kSources; ++s) {
    const auto& source = kLocalSources[s];
    double area = 0, blur_sum = 0;
    const bool ages = source.early[0].weight != source.late[0].weight;
    const Vector stages = ages ? Vector{1.0 / 6, 0.5, 5.0 / 6} : Vector{0.5};
    for (const double stage : stages) {
      const double estimate = estimation_sd(options, s, stage, hearts);
      const double blur = std::hypot(source.background_uv, estimate);
      area += auroc(source.mean_uv, source.sd_uv, blur, source.primary ? 0 : options.decoy_rate) /
              static_cast<double>(stages.size());
      blur_sum += blur / static_cast<double>(stages.size());
    }
    if (source.primary) rows.push_back({.finding = findings()[static_cast<std::size_t>(source.finding)].name});
    auto& row = rows.back();
    (source.primary ? row.primary_auroc : row.secondary_auroc) = area;
    (source.primary ? row.primary_mean_uv : row.secondary_mean_uv) = source.mean_uv;
    (source.primary ? row.primary_sd_uv : row.secondary_sd_uv) = source.sd_uv;
    (source.primary ? row.primary_blur_uv : row.secondary_blur_uv) = blur_sum;
  }
  return rows;
}

std::string calibration_table(const std::vector<CalibrationRow>& rows) {
  std::string out = "finding       primary  secondary   primary uV: mean  sd  blur   secondary uV: mean  sd  blur\n";
  for (const auto& row : rows) {
    char line[160];
    std::snprintf(line, sizeof line, "%-12s  %7.3f  %9.3f  %17.0f %4.0f %5.0f  %19.0f %4.0f %5.0f\n",
                  row.finding.c_str(), row.primary_auroc, row.secondary_auroc, row.primary_mean_uv, row.primary_sd_uv,
                  row.primary_blur_uv, row.secondary_mean_uv, row.secondary_sd_uv, row.secondary_blur_uv);
    out += line;
  }
  return out + cat("parameters ", parameters_hash(), "\n");
}

}  // namespace scar::data
