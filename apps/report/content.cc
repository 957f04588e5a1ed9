#include "apps/report/content.h"

#include <utility>

namespace surplus::apps {

Table table_of(std::string name, std::string title, const std::vector<Column>& columns) {
  Table table{std::move(name), std::move(title), {}, {}, {}};
  for (const Column& column : columns) {
    table.columns.push_back(column.name);
    table.units.push_back(column.unit);
  }
  return table;
}

}  // namespace surplus::apps
