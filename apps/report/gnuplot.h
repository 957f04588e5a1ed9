/// The gnuplot program, run through a pipe.
#ifndef SURPLUS_APPS_REPORT_GNUPLOT_H_
#define SURPLUS_APPS_REPORT_GNUPLOT_H_

#include <string>

namespace surplus::apps {

/// What gnuplot writes to its standard output when it is given `script`.
/// Throws DataError if gnuplot cannot be started or fails.
std::string run_gnuplot(const std::string& script);

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_REPORT_GNUPLOT_H_
