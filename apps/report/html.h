/// report.html and the index page: self-contained, no script, nothing loaded from elsewhere.
#ifndef SURPLUS_APPS_REPORT_HTML_H_
#define SURPLUS_APPS_REPORT_HTML_H_

#include <span>
#include <string>

#include "apps/report/record.h"

namespace surplus::apps {

/// The page of one run: figures, verdicts, tables, settings, how to run it again.
/// `drawings[i]` is the SVG document of figure i.
std::string report_html(const Record& record, std::span<const std::string> drawings);

/// The page over several runs: all verdicts, each study linked to STUDY/report.html, and what did not
/// run.
std::string index_html(std::span<const Record> records, std::span<const NotRun> not_run);

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_REPORT_HTML_H_
