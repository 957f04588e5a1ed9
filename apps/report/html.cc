#include "apps/report/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <variant>

#include "apps/report/text.h"

namespace surplus::apps {
namespace {

// Figures keep their white ground in the dark: their colours were chosen for it.
constexpr std::string_view kStyle = R"css(
:root { color-scheme: light dark; --ink: #1d2329; --soft: #5c6670; --line: #dfe3e7; --page: #fbfbfa;
  --card: #ffffff; --good: #00704f; --good-bg: #dff3ea; --bad: #a63a00; --bad-bg: #fde8dc;
  --link: #0060a8; --code: #f1f3f5; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7e9eb; --soft: #a3abb3; --line: #373d44;
  --page: #15181b; --card: #1d2125; --good: #6fdcb4; --good-bg: #12382b; --bad: #ffae85;
  --bad-bg: #462412; --link: #7dbdf5; --code: #262b30; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 Helvetica, Arial, "Liberation Sans", sans-serif; }
main { max-width: 64rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.85rem; line-height: 1.25; margin: .2rem 0 .6rem; max-width: 46rem; text-wrap: balance; }
h2 { font-size: 1.2rem; margin: 3rem 0 .8rem; padding-top: .8rem; border-top: 1px solid var(--line); }
p { max-width: 46rem; margin: .4rem 0; }
a { color: var(--link); }
.kind { color: var(--soft); font-size: .9rem; letter-spacing: .02em; }
.paper { color: var(--soft); }
.score { display: inline-block; margin-top: 1rem; padding: .3rem .8rem; border-radius: 2rem; font-weight: 600; }
.holds { color: var(--good); background: var(--good-bg); }
.fails { color: var(--bad); background: var(--bad-bg); }
figure { margin: 1.6rem 0 2.4rem; }
figure .sheet { background: #fff; border: 1px solid var(--line); border-radius: 6px; padding: .4rem; }
figure svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
figcaption { color: var(--soft); font-size: .92rem; margin-top: .6rem; max-width: 46rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; background: var(--card); }
th, td { text-align: left; vertical-align: top; padding: .5rem .7rem; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; border-bottom-width: 2px; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td .unit, th .unit { color: var(--soft); font-weight: 400; }
.pill { padding: .1rem .6rem; border-radius: 1rem; font-weight: 600; font-size: .85rem; }
.note { color: var(--soft); font-size: .86rem; }
details { margin: .6rem 0; }
summary { cursor: pointer; padding: .3rem 0; font-weight: 600; }
code, pre { font: .88rem/1.5 "DejaVu Sans Mono", Menlo, Consolas, monospace; }
code { overflow-wrap: anywhere; }
pre { background: var(--code); padding: .8rem 1rem; border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; }
.changed td:first-child { font-weight: 700; }
@media print { :root { --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --code: #f4f4f4;
  --good: #00573d; --bad: #8a3000; --good-bg: #fff; --bad-bg: #fff; } main { max-width: none; padding: 0; }
  body { font-size: 10.5pt; } figure, tr { break-inside: avoid; } h2 { break-after: avoid; } }
)css";

template <typename... Arguments>
void append(std::string& text, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  fmt::format_to(std::back_inserter(text), format, std::forward<Arguments>(arguments)...);
}

std::string page(std::string_view title, std::string_view body) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</"
      "html>\n",
      escaped(title), kStyle, body);
}

std::string score(std::size_t holding, std::size_t all) {
  return fmt::format("<div class=\"score {}\">{} of {} verdicts hold</div>\n",
                     holding == all ? "holds" : "fails", holding, all);
}

std::string verdict_rows(const Record& record) {
  std::string text =
      "<div class=\"wide\"><table>\n<tr><th></th><th>Claim</th><th class=\"n\">Paper</th>"
      "<th class=\"n\">Measured</th><th></th></tr>\n";
  for (const Verdict& verdict : record.verdicts) {
    append(text, "<tr><td>{}</td><td>{}", escaped(verdict.id), escaped(verdict.claim));
    if (!verdict.note.empty()) append(text, "<div class=\"note\">{}</div>", escaped(verdict.note));
    append(text, "</td><td class=\"n\">{}</td><td class=\"n\">{}",
           verdict.paper ? readable(*verdict.paper) : "", readable(verdict.measured));
    if (verdict.standard_error)
      append(text, "<span class=\"unit\"> &plusmn; {:.2g}</span>", *verdict.standard_error);
    const char* const holds = verdict.holds ? "holds" : "fails";
    append(text, "</td><td><span class=\"pill {0}\">{0}</span></td></tr>\n", holds);
  }
  return text + "</table></div>\n";
}

constexpr std::string_view kVerdictLegend =
    "<p class=\"note\">Measured figures stand with one standard error where they are estimates. "
    "A verdict without a paper's figure checks a statement, or a value that was computed "
    "apart.</p>\n";

std::string table_html(const Table& table) {
  std::string text;
  append(text, "<details><summary>{} <span class=\"note\">{}.csv</span></summary>",
         escaped(table.title.empty() ? table.name : table.title), table.name);
  text += "<div class=\"wide\"><table>\n<tr>";
  // A column is set as numbers if it holds one.
  std::vector<const char*> kinds(table.columns.size(), "");
  for (const auto& row : table.rows) {
    for (std::size_t j = 0; j < row.size(); ++j) {
      if (std::holds_alternative<double>(row[j])) kinds[j] = " class=\"n\"";
    }
  }
  for (std::size_t j = 0; j < table.columns.size(); ++j) {
    append(text, "<th{}>{}", kinds[j], escaped(table.columns[j]));
    if (!table.units[j].empty())
      append(text, " <span class=\"unit\">[{}]</span>", escaped(table.units[j]));
    text += "</th>";
  }
  text += "</tr>\n";
  for (const auto& row : table.rows) {
    text += "<tr>";
    for (std::size_t j = 0; j < row.size(); ++j) {
      const auto* const number = std::get_if<double>(&row[j]);
      append(text, "<td{}>{}</td>", kinds[j],
             number != nullptr ? readable(*number) : escaped(std::get<std::string>(row[j])));
    }
    text += "</tr>\n";
  }
  return text + "</table></div></details>\n";
}

// The drawing without its XML declaration, which has no place inside a page.
std::string_view inline_svg(std::string_view drawing) {
  return drawing.substr(std::min(drawing.find("<svg"), drawing.size()));
}

bool is_changed(const Record& record, const std::string& key) {
  return std::any_of(record.changes.begin(), record.changes.end(), [&](const std::string& change) {
    return change.substr(0, change.find('=')) == key;
  });
}

std::string settings_html(const Record& record) {
  std::string text =
      "<div class=\"wide\"><table>\n<tr><th>Key</th><th>Value</th><th>Meaning</th></tr>\n";
  for (const Setting& setting : record.settings) {
    append(text, "<tr{}><td><code>{}</code></td><td><code>{}</code></td><td>{}</td></tr>\n",
           is_changed(record, setting.name) ? " class=\"changed\"" : "", escaped(setting.name),
           escaped(to_text(setting.value)), escaped(setting.meaning));
  }
  return text + "</table></div>\n";
}

}  // namespace

std::string report_html(const Record& record, std::span<const std::string> drawings) {
  std::string body;
  append(body, "<div class=\"kind\">surplus study <b>{}</b>, preset {}</div>\n",
         escaped(record.study), record.preset);
  append(body, "<h1>{}</h1>\n<p class=\"paper\">{}</p>\n", escaped(record.claim),
         escaped(record.paper));
  body += score(count_holding(record), record.verdicts.size());
  const auto& figures = record.rendering.figures;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    append(body, "<figure>\n<div class=\"sheet\">{}</div>\n", inline_svg(drawings[i]));
    append(body, "<figcaption>{}</figcaption>\n</figure>\n", escaped(figures[i].caption));
  }
  body += "<h2>Verdicts</h2>\n" + verdict_rows(record);
  body += kVerdictLegend;
  if (!record.rendering.tables.empty()) body += "<h2>Tables</h2>\n";
  for (const Table& table : record.rendering.tables) body += table_html(table);
  body += "<h2>Settings</h2>\n" + settings_html(record);
  append(body, "<h2>Run it again</h2>\n<pre>{}</pre>\n", escaped(command_line(record)));
  append(body,
         "<p class=\"note\">surplus {}, SIMD target {}, {} thread{}, {:.1f} s. The same seed on "
         "the same "
         "target gives the same figures with any number of threads.</p>\n",
         record.version, record.target, record.threads, record.threads == 1 ? "" : "s",
         record.seconds);
  return page("surplus: " + record.study, body);
}

std::string index_html(std::span<const Record> records, std::span<const NotRun> not_run) {
  std::size_t holding = 0;
  std::size_t all = 0;
  for (const Record& record : records) {
    holding += count_holding(record);
    all += record.verdicts.size();
  }
  std::string body =
      "<div class=\"kind\">surplus reproduce</div>\n"
      "<h1>Why do models with more parameters than they need work so well?</h1>\n"
      "<p>Published studies, run again: each claim beside what was measured.</p>\n" +
      score(holding, all);
  for (const Record& record : records) {
    append(body,
           "<h2><a href=\"{0}/report.html\">{0}</a></h2>\n<p>{1}</p>\n<p class=\"paper\">{2}</p>\n",
           escaped(record.study), escaped(record.claim), escaped(record.paper));
    body += verdict_rows(record);
  }
  for (const NotRun& study : not_run) {
    append(body, "<h2>{}</h2>\n<p>Not run: {}</p>\n", escaped(study.study), escaped(study.reason));
  }
  body += kVerdictLegend;
  return page("surplus: reproduced studies", body);
}

}  // namespace surplus::apps
