#include <algorithm>
#include <array>
#include <cstdio>

#include "codec/text/utf8.h"
#include "wire/show/graph.h"
#include "wire/show/graph_points.h"
#include "wire/text/texts.h"
#include "wire/text/xml.h"

namespace loquat::wire {
namespace {

constexpr int graph_left = 90, graph_right = 940, graph_top = 60, graph_bottom = 480;

constexpr std::string_view graph_style = R"(<style>
.graph{--bg:#ffffff;--ink:#1a1a1a;--soft:#595959;--bad:#b00020;--ack:#11652a;--edge:#7a4f00;--again:#86198f;--data:#1d4ed8}
@media (prefers-color-scheme:dark){.graph{--bg:#14161a;--ink:#ececec;--soft:#adadad;--bad:#ff9a90;--ack:#85dd97;--edge:#f0c36b;--again:#f0a6f2;--data:#a3bfff}}
.graph text{font:13px ui-monospace,monospace;fill:var(--ink)}
.graph .soft{fill:var(--soft)}
.graph path{fill:none;stroke-width:2}
.graph .axis{stroke:var(--soft);stroke-width:1}
.graph .data{stroke:var(--data)}
.graph .again{stroke:var(--again);stroke-width:3}
.graph .lost{stroke:var(--bad);stroke-width:3}
.graph .level{stroke:var(--ack)}
.graph .limit{stroke:var(--edge)}
.graph .value{fill:var(--data)}
.graph .paper{fill:var(--bg)}
</style>)";

std::string formatted(const char* pattern, double a, double b, double c = 0) {
  std::array<char, 160> text{};
  std::snprintf(text.data(), text.size(), pattern, a, b, c);
  return text.data();
}

class GraphDrawing {
 public:
  GraphDrawing(const Graph& graph, GraphKind kind, Language language)
      : all_(points_of(graph, kind)), unit_(unit_of(kind, language)), title_(title_of(graph, kind, language)) {}

  std::string draw(std::string_view legend) {
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    out +=
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"graph\" role=\"img\" viewBox=\"0 0 960 540\" "
        "width=\"960\" height=\"540\">\n";
    out += xml_element("title", "", title_) + "\n" + std::string(graph_style) + "\n";
    out += xml_element("rect", "class=\"paper\" width=\"100%\" height=\"100%\"") + "\n";
    out += text(graph_left, 28, "", title_) + text(graph_left, 48, "class=\"soft\"", legend);
    out += axes();
    out += steps(GraphMark::limit, "limit") + steps(GraphMark::level, "level");
    for (const GraphPoint& point : all_.points) out += mark(point);
    return out + "</svg>\n";
  }

 private:
  double x_of(double x) const { return graph_left + x / all_.max_x * (graph_right - graph_left); }
  double y_of(double y) const { return graph_bottom - y / all_.max_y * (graph_bottom - graph_top); }
  static std::string text(double x, double y, const std::string& attributes, std::string_view content) {
    return xml_element("text", formatted("x=\"%.1f\" y=\"%.1f\" ", x, y) + attributes, content) + "\n";
  }

  std::string axes() const {
    std::string out = xml_element("path", "class=\"axis\" d=\"M90 60 V480 H940\"") + "\n";
    for (int i = 0; i <= 4; ++i) {
      const double x = all_.max_x * i / 4, y = all_.max_y * i / 4;
      out += text(x_of(x), graph_bottom + 20, "class=\"soft\" text-anchor=\"middle\"", formatted("%.1f", x, 0));
      out += text(graph_left - 8, y_of(y) + 4, "class=\"soft\" text-anchor=\"end\"",
                  formatted(y < 10 ? "%.1f" : "%.0f", y, 0));
    }
    out += text(graph_right, graph_bottom + 40, "class=\"soft\" text-anchor=\"end\"", "ms");
    return out + text(20, graph_top - 8, "class=\"soft\"", unit_);
  }

  // Each value holds until the next one.
  std::string steps(GraphMark which, const std::string& kind) const {
    std::string path;
    for (const GraphPoint& point : all_.points) {
      if (point.mark != which) continue;
      path += path.empty() ? formatted("M%.1f %.1f", x_of(point.x), y_of(point.y))
                           : formatted(" H%.1f V%.1f", x_of(point.x), y_of(point.y));
    }
    return path.empty() ? path : xml_element("path", "class=\"" + kind + "\" d=\"" + path + "\"") + "\n";
  }

  std::string mark(const GraphPoint& point) const {
    if (point.mark == GraphMark::limit || point.mark == GraphMark::level) return {};
    const double x = x_of(point.x), y = y_of(point.y), y_end = y_of(point.y_end);
    if (point.y == point.y_end)
      return xml_element("circle", "class=\"value\" " + formatted("cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"", x, y)) + "\n";
    const char* kind = point.mark == GraphMark::lost ? "lost" : point.mark == GraphMark::again ? "again" : "data";
    return xml_element("path", std::string("class=\"") + kind + "\" d=\"" +
                                   formatted("M%.1f %.1f V%.1f", x, y, std::min(y_end, y - 1)) + "\"") +
           "\n";
  }

  GraphPoints all_;
  std::string unit_, title_;
};

}  // namespace

std::string graph_svg(const Graph& graph, GraphKind kind, Language language) {
  const auto& legend = kind == GraphKind::sequence                           ? texts::graph_legend_svg
                       : kind == GraphKind::cwnd                             ? texts::graph_legend_svg_cwnd
                       : kind == GraphKind::rtt && !graph.controlled.empty() ? texts::graph_legend_svg_rtt
                                                                             : texts::graph_legend_values;
  return GraphDrawing(graph, kind, language).draw(in(language, legend));
}

}  // namespace loquat::wire
