#include "scar/data/store/duplicates.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <mutex>
#include <numbers>
#include <numeric>
#include <utility>

#include "scar/core/hash.h"
#include "scar/core/parallel.h"
#include "scar/data/ecg_record.h"
#include "scar/data/lead_names.h"

namespace scar::data {

namespace {

constexpr double kRate = 10;             // Hz, of the smoothed signals that are compared
constexpr double kWindow = 0.2;          // s, width of the smoothing window
constexpr std::int64_t kWordLength = 8;  // smoothed values per word
constexpr float kWordStep = 0.1F;        // mV
constexpr float kWordRange = 0.2F;       // mV that a stretch has to move to say something
constexpr std::size_t kWordsKept = 48;   // per record: those of the smallest hashes, so that copies keep the same
constexpr std::size_t kCommonest = 64;   // a word of more records than this tells nothing
constexpr std::size_t kSharedWords = 2;  // that make a pair worth a look
constexpr std::int64_t kFewestLeads = 6;
constexpr double kShortest = 2;  // s that two records must have in common

const float kNothing = std::numeric_limits<float>::quiet_NaN();

/// Raised-cosine windows of one store's rate, centred at (k + 1/2) / kRate seconds whatever that rate is.
class Smoother {
 public:
  Smoother(double rate_hz, std::int64_t samples) : samples_(samples) {
    const auto count = static_cast<std::int64_t>(
        std::floor((static_cast<double>(samples) / rate_hz - kWindow / 2) * kRate + 0.5 + 1e-9));
    for (std::int64_t k = 0; k < count; ++k) {
      const double centre = (static_cast<double>(k) + 0.5) / kRate;
      Window window;
      double sum = 0;
      for (std::int64_t t = 0; t < samples; ++t) {
        const double away = ((static_cast<double>(t) + 0.5) / rate_hz - centre) / kWindow;
        if (std::abs(away) >= 0.5) continue;
        if (window.weights.empty()) window.first = t;
        window.weights.push_back(static_cast<float>(0.5 + 0.5 * std::cos(2 * std::numbers::pi * away)));
        sum += window.weights.back();
      }
      for (auto& weight : window.weights) weight /= static_cast<float>(sum);
      windows_.push_back(std::move(window));
    }
  }

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(windows_.size()); }

  /// out [12, size()] in mV from raw [12, T]; NaN where a sample under the window is missing.
  void smooth(const std::int16_t* raw, float scale_mv, float* out) const {
    for (std::int64_t lead = 0; lead < kLeads; ++lead, raw += samples_) {
      for (const auto& window : windows_) {
        float sum = 0;
        bool whole = !window.weights.empty();
        for (std::size_t i = 0; i < window.weights.size(); ++i) {
          const auto value = raw[window.first + static_cast<std::int64_t>(i)];
          whole = whole && value != kMissing;
          sum += window.weights[i] * static_cast<float>(value);
        }
        *out++ = whole ? sum * scale_mv : kNothing;
      }
    }
  }

 private:
  struct Window {
    std::int64_t first = 0;
    std::vector<float> weights;
  };
  std::int64_t samples_;
  std::vector<Window> windows_;
};

/// A list with what its store's rate needs.
struct Smoothed {
  const Store* store;
  Smoother smoother;

  explicit Smoothed(const Store& s) : store(&s), smoother(s.info().rate_hz, s.info().samples) {}

  [[nodiscard]] std::vector<float> read(std::int64_t record) const {
    std::vector<std::int16_t> raw(static_cast<std::size_t>(kLeads * store->info().samples));
    store->read(record, raw.data());
    std::vector<float> values(static_cast<std::size_t>(kLeads * smoother.size()));
    smoother.smooth(raw.data(), store->scale_mv(record), values.data());
    return values;
  }
};

std::vector<std::uint64_t> words_of(const Smoothed& source, std::int64_t record) {
  const auto values = source.read(record);
  const auto length = source.smoother.size();
  std::vector<std::uint64_t> words;
  for (std::int64_t lead = 0; lead < kLeads; ++lead) {
    for (std::int64_t first = 0; first + kWordLength <= length; first += kWordLength) {
      const auto* stretch = values.data() + lead * length + first;
      const auto [low, high] = std::minmax_element(stretch, stretch + kWordLength);
      if (std::any_of(stretch, stretch + kWordLength, [](float x) { return std::isnan(x); })) continue;
      if (*high - *low < kWordRange) continue;
      std::array<std::int32_t, kWordLength + 1> key{};  // and the lead: the same shape elsewhere is another word
      for (std::int64_t i = 0; i < kWordLength; ++i)
        key[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(std::lround(stretch[i] / kWordStep));
      key.back() = static_cast<std::int32_t>(lead * 4096 + first);
      words.push_back(xxh3(key.data(), sizeof key));
    }
  }
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  if (words.size() > kWordsKept) words.resize(kWordsKept);
  return words;
}

/// Relative difference over what both hold; infinite if that is too little.
double relative_difference(const Smoothed& a, std::int64_t i, const Smoothed& b, std::int64_t j) {
  const auto values_a = a.read(i), values_b = b.read(j);
  const auto length = std::min(a.smoother.size(), b.smoother.size());
  std::int64_t leads = 0;
  double difference = 0, size = 0;
  for (std::int64_t lead = 0; lead < kLeads; ++lead) {
    const auto* x = values_a.data() + lead * a.smoother.size();
    const auto* y = values_b.data() + lead * b.smoother.size();
    double n = 0, sum_x = 0, sum_y = 0, sum_xx = 0, sum_yy = 0, sum_dd = 0;
    for (std::int64_t t = 0; t < length; ++t) {
      if (std::isnan(x[t]) || std::isnan(y[t])) continue;
      ++n;
      sum_x += x[t];
      sum_y += y[t];
      sum_xx += static_cast<double>(x[t]) * x[t];
      sum_yy += static_cast<double>(y[t]) * y[t];
      sum_dd += static_cast<double>(x[t] - y[t]) * (x[t] - y[t]);
    }
    if (n < kShortest * kRate) continue;
    ++leads;
    difference += sum_dd / n - (sum_x - sum_y) * (sum_x - sum_y) / (n * n);
    size += std::max(sum_xx / n - sum_x * sum_x / (n * n), sum_yy / n - sum_y * sum_y / (n * n));
  }
  if (leads < kFewestLeads || !(size > 0)) return std::numeric_limits<double>::infinity();
  return std::sqrt(std::max(0.0, difference) / size);
}

struct Pair {
  std::uint32_t a, b;
  [[nodiscard]] auto operator<=>(const Pair&) const = default;
};

/// Pairs of records that share words, each once.
std::vector<Pair> likely_pairs(std::vector<std::pair<std::uint64_t, std::uint32_t>>&& words) {
  std::sort(words.begin(), words.end());
  std::vector<Pair> shared;
  for (std::size_t begin = 0; begin < words.size();) {
    auto end = begin;
    while (end < words.size() && words[end].first == words[begin].first) ++end;
    if (end - begin <= kCommonest) {
      for (auto i = begin; i < end; ++i) {
        for (auto j = i + 1; j < end; ++j) shared.push_back({words[i].second, words[j].second});
      }
    }
    begin = end;
  }
  std::sort(shared.begin(), shared.end());
  std::vector<Pair> pairs;
  for (std::size_t begin = 0; begin < shared.size();) {
    auto end = begin;
    while (end < shared.size() && shared[end] == shared[begin]) ++end;
    if (end - begin >= kSharedWords) pairs.push_back(shared[begin]);
    begin = end;
  }
  return pairs;
}

}  // namespace

std::vector<DuplicateGroup> find_duplicates(const std::vector<RecordList>& lists, int jobs,
                                            const std::function<void(std::int64_t, std::int64_t)>& progress) {
  std::vector<RecordPlace> places;
  for (std::size_t l = 0; l < lists.size(); ++l) {
    for (const auto record : lists[l].records) places.push_back({l, record});
  }
  std::vector<Smoothed> sources;
  for (const auto& list : lists) sources.emplace_back(*list.store);
  const auto source_of = [&](std::size_t i) -> const Smoothed& { return sources[places[i].list]; };
  const auto n = static_cast<std::int64_t>(places.size());

  std::vector<std::pair<std::uint64_t, std::uint32_t>> words;
  std::mutex mutex;
  std::int64_t done = 0;
  for_each_parallel(0, n, jobs, [&](std::int64_t i) {
    const auto index = static_cast<std::size_t>(i);
    const auto own = words_of(source_of(index), places[index].record);
    const std::lock_guard hold(mutex);
    for (const auto word : own) words.emplace_back(word, static_cast<std::uint32_t>(i));
    if (progress && (++done % 256 == 0 || done == n)) progress(done, n);
  });
  const auto pairs = likely_pairs(std::move(words));

  std::vector<double> difference(pairs.size());
  for_each_parallel(0, static_cast<std::int64_t>(pairs.size()), jobs, [&](std::int64_t p) {
    const auto& pair = pairs[static_cast<std::size_t>(p)];
    difference[static_cast<std::size_t>(p)] =
        relative_difference(source_of(pair.a), places[pair.a].record, source_of(pair.b), places[pair.b].record);
  });

  // Union of what is the same.
  std::vector<std::uint32_t> parent(places.size());
  std::iota(parent.begin(), parent.end(), 0U);
  const auto root = [&](std::uint32_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    if (difference[p] > kSameSignal) continue;
    const auto a = root(pairs[p].a), b = root(pairs[p].b);
    parent[std::max(a, b)] = std::min(a, b);
  }
  std::vector<DuplicateGroup> groups;
  std::vector<std::size_t> group_of(places.size(), places.size());
  for (std::uint32_t i = 0; i < places.size(); ++i) {
    const auto r = root(i);
    if (r == i) continue;
    if (group_of[r] == places.size()) {
      group_of[r] = groups.size();
      groups.push_back({{places[r]}, 0});
    }
    groups[group_of[r]].records.push_back(places[i]);
  }
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    if (difference[p] > kSameSignal) continue;
    auto& group = groups[group_of[root(pairs[p].a)]];
    group.difference = std::max(group.difference, difference[p]);
  }
  for (auto& group : groups) std::sort(group.records.begin(), group.records.end());
  return groups;
}

}  // namespace scar::data
