#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "wire/show/graph.h"
#include "wire/show/graph_points.h"
#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

constexpr int graph_margin = 12;  // cells for the y axis

// By GraphMark.
constexpr std::array<std::string_view, 6> graph_signs = {"¨", "·", "o", "|", "R", "X"},
                                          graph_ascii = {"~", ".", "o", "|", "R", "X"};

std::string spaces(int count) { return std::string(static_cast<std::size_t>(std::max(count, 0)), ' '); }

std::string graph_number(const char* pattern, double value) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), pattern, value);
  return text.data();
}

// The marks of a graph in cells; the most important one of a cell is seen.
class GraphCells {
 public:
  GraphCells(const GraphPoints& all, int width, int height) : all_(all), width_(width), height_(height) {
    cells_.assign(static_cast<std::size_t>(height), std::vector<int>(static_cast<std::size_t>(width), -1));
    for (const GraphPoint& point : all.points) mark(point);
  }

  std::string line(int row, const std::array<std::string_view, 6>& signs) const {
    const double y = all_.max_y * (height_ - 1 - row) / (height_ - 1);
    std::string label;
    if (row % 4 == 0 || row == height_ - 1) label = graph_number(y < 10 ? "%.1f" : "%.0f", y);
    std::string out = spaces(graph_margin - 2 - static_cast<int>(label.size())) + label + " |";
    for (const int cell : cells_[static_cast<std::size_t>(row)])
      out += cell < 0 ? std::string_view(" ") : signs[static_cast<std::size_t>(cell)];
    out.erase(out.find_last_not_of(' ') + 1);
    return out + "\n";
  }

 private:
  int row_of(double y) const {
    return std::clamp(height_ - 1 - static_cast<int>(y / all_.max_y * (height_ - 1) + 0.5), 0, height_ - 1);
  }
  void mark(const GraphPoint& point) {
    const int x = std::clamp(static_cast<int>(point.x / all_.max_x * (width_ - 1)), 0, width_ - 1);
    for (int row = row_of(point.y_end); row <= row_of(point.y); ++row) {
      int& cell = cells_[static_cast<std::size_t>(row)][static_cast<std::size_t>(x)];
      cell = std::max(cell, static_cast<int>(point.mark));
    }
  }

  const GraphPoints& all_;
  int width_, height_;
  std::vector<std::vector<int>> cells_;
};

Text legend_of(const Graph& graph, GraphKind kind, const std::array<std::string_view, 6>& signs) {
  if (kind == GraphKind::sequence) return texts::graph_legend(signs[1], signs[0]);
  if (kind == GraphKind::cwnd) return texts::graph_legend_cwnd(signs[1], signs[0]);
  if (kind == GraphKind::rtt && !graph.controlled.empty()) return texts::graph_legend_rtt(signs[2], signs[1]);
  return texts::graph_legend_values;
}

}  // namespace

std::string draw_graph(const Graph& graph, GraphKind kind, GraphOptions options) {
  const int width = std::clamp(options.width, 40, 200) - graph_margin, height = std::clamp(options.height, 8, 60);
  const GraphPoints all = points_of(graph, kind);
  const GraphCells cells(all, width, height);
  const auto& signs = options.ascii ? graph_ascii : graph_signs;
  std::string out = title_of(graph, kind, options.language) + "\n";
  for (int row = 0; row < height; ++row) out += cells.line(row, signs);
  const std::string end = graph_number("%.1f ms", all.max_x);
  out += spaces(graph_margin - 1) + "+" + std::string(static_cast<std::size_t>(width), '-') + "\n";
  out += spaces(graph_margin) + "0" + spaces(std::max(1, width - 1 - static_cast<int>(end.size()))) + end + "\n";
  return out + std::string(in(options.language, legend_of(graph, kind, signs))) + "\n";
}

}  // namespace loquat::wire
