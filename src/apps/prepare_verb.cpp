#include "prepare_verb.h"

#include <algorithm>
#include <thread>

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/json.h"
#include "scar/core/log.h"

namespace scar::apps {

KeyFlags::KeyFlags(Command& command, FieldTable& table) : table_(table) {
  for (const auto& field : table.fields()) {
    auto flag = cat("--", field.key);
    std::replace(flag.begin(), flag.end(), '_', '-');
    const auto help = cat(field.help, " (", field.type, field.allowed.empty() ? "" : ", ", field.allowed, ", default ",
                          field.default_text, ")");
    if (field.type == "true or false") {
      switches_.emplace_back(field.key, field.default_text == "true");
      command.flag(flag, switches_.back().second, help);
    } else {
      texts_.emplace_back(field.key, std::string());
      command.option(flag, texts_.back().second, help);
    }
  }
}

void KeyFlags::apply(Problems& problems) {
  for (const auto& [key, value] : switches_) table_.set_flag(key, value ? "true" : "false", problems);
  for (const auto& [key, value] : texts_) {
    if (!value.empty()) table_.set_flag(key, value, problems);
  }
}

int default_jobs() { return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 64U)); }

int checked_jobs(long long jobs) {
  if (jobs >= 1 && jobs <= 1024) return static_cast<int>(jobs);
  throw Error(Code::out_of_range, "the number of threads is out of range")
      .at("command line: --jobs")
      .got(cat(jobs))
      .wanted("1 to 1024");
}

std::string grouped(std::int64_t number) {
  std::string digits = cat(number);
  const std::size_t first = digits.starts_with('-') ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string counted(const std::map<std::string, std::int64_t>& counts) {
  std::vector<std::pair<std::string, std::int64_t>> list(counts.begin(), counts.end());
  std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string out;
  for (const auto& [name, count] : list) {
    out += cat(out.empty() ? "" : ", ", name.empty() ? "unknown" : name, " ", grouped(count));
  }
  return out.empty() ? "none" : out;
}

std::string line(const std::string& name, const std::string& value) {
  constexpr std::size_t kColumn = 12;
  return cat(name, std::string(name.size() < kColumn ? kColumn - name.size() : 1, ' '), value, "\n");
}

std::string sums(const data::StoreSummary& summary) {
  auto text = cat(grouped(summary.candidates), " in = ", grouped(summary.records), " used + ",
                  grouped(summary.excluded), " left out");
  if (!summary.reasons.empty()) text += cat(" (", counted(summary.reasons), ")");
  return text;
}

Json sums_json(const data::StoreSummary& summary) {
  Json json;
  json["candidates"] = summary.candidates;
  json["records"] = summary.records;
  json["excluded"] = summary.excluded;
  json["reasons"] = Json::object();
  for (const auto& [reason, count] : summary.reasons) json["reasons"][reason] = count;
  json["shards"] = summary.shards;
  json["reused_shards"] = summary.reused_shards;
  json["already_complete"] = summary.already_complete;
  json["manifest_sha256"] = summary.manifest_hash;
  return json;
}

std::string exclusions(const std::vector<data::Exclusion>& list, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < std::min(most, list.size()); ++i) {
    out += line(i == 0 ? "left out" : "", cat(list[i].id, "  ", list[i].reason, "  ", list[i].detail));
  }
  if (list.size() > most)
    out += line("", cat("and ", grouped(static_cast<std::int64_t>(list.size() - most)), " more; --json lists all"));
  return out;
}

Json exclusions_json(const std::vector<data::Exclusion>& list) {
  Json json = Json::array();
  for (const auto& one : list) {
    Json entry;
    entry["id"] = one.id;
    entry["reason"] = one.reason;
    entry["detail"] = one.detail;
    json.push_back(std::move(entry));
  }
  return json;
}

int stopped() {
  log::end_progress();
  log::info("stopped by a signal; the finished shards stay, and the same command goes on from there");
  return 75;
}

}  // namespace scar::apps
