// Data sets and metrics.

#include <pybind11/stl/filesystem.h>

#include "fokker/core/io/file.h"
#include "fokker/experiments/data/dataset_files.h"
#include "fokker/experiments/data/describe.h"
#include "fokker/experiments/data/prepare.h"
#include "fokker/experiments/data/prepared_file.h"
#include "fokker/experiments/data/registry.h"
#include "fokker/experiments/experiment.h"
#include "fokker/experiments/metrics/metrics.h"
#include "fokker/experiments/report/pictures.h"
#include "fokker/python/support/keywords.h"
#include "fokker/python/support/watch.h"

namespace fokker::python {
namespace {

/// Prepares the caller's own data by the keywords of [data].
Prepared prepare_array(const py::object& x, const py::object& labels, const py::object& target,
                       const py::dict& keywords, std::uint64_t seed) {
  auto config = from_keywords<DataConfig>(keywords);
  config.source = "array";
  Dataset data{.x = to_tensor(x, Dtype::f32, "data").detach(), .name = "array"};
  require<ShapeError>(data.x.rank() >= 2 && data.x.size() > 0,
                      "[data] expected an array [samples, …] of at least two axes, none of them empty, got {}",
                      to_string(data.x.shape()));
  if (!labels.is_none()) {
    const Tensor given = to_tensor(labels, Dtype::f64, "labels");
    require<ShapeError>(given.rank() == 1, "[labels] expected [{}], one a sample, got {}", data.size(),
                        to_string(given.shape()));
    data.labels = to_labels(given, "labels");
  }
  if (!target.is_none()) data.target = to_tensor(target, Dtype::f32, "target").detach();
  if (!config.remove_missing) require_finite(data.x, "data", "remove or replace them, or set remove_missing");
  if (data.target.defined()) require_finite(data.target, "target", "remove or replace them");
  data.range = range_of(data.x);
  return watched([&] { return prepare(data, config, seed); });
}

py::bytes as_bytes(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

using DataClass = py::class_<Prepared>;

void bind_parts(DataClass& data_class) {
  const auto rows = [](Dataset Prepared::*part) {
    return [part](const Prepared& data) { return to_numpy((data.*part).x); };
  };
  data_class.def_property_readonly("name", [](const Prepared& data) { return data.training.name; })
      .def_property_readonly("source", [](const Prepared& data) { return data.training.source; })
      .def_property_readonly("training", rows(&Prepared::training), "[N, …]")
      .def_property_readonly("held_out", rows(&Prepared::held_out), "[N, …]")
      .def_property_readonly("excluded", rows(&Prepared::excluded), "The samples of exclude_classes, [N, …].")
      .def_property_readonly("excluded_labels", [](const Prepared& data) { return data.excluded.labels; })
      .def_property_readonly("training_labels", [](const Prepared& data) { return data.training.labels; })
      .def_property_readonly("held_out_labels", [](const Prepared& data) { return data.held_out.labels; })
      .def_property_readonly(
          "held_out_index", [](const Prepared& data) { return data.held_out_index; },
          "The rows of the original data that are held out.");
}

void bind_description(DataClass& data_class) {
  data_class
      .def_property_readonly(
          "features", [](const Prepared& data) { return data.training.features; },
          "The names of the columns of a table, or empty.")
      .def_property_readonly(
          "range", [](const Prepared& data) { return py::make_tuple(data.range.low, data.range.high); },
          "The range of the original data.")
      .def_property_readonly(
          "report",
          [](const Prepared& data) {
            std::vector<std::string> lines;
            for (const auto& step : data.report) lines.push_back(step.step + ": " + step.change);
            return lines;
          },
          "What the preparation did, step by step.")
      .def(
          "to_data_units",
          [](const Prepared& data, const py::object& x) {
            return data.scaling.invert(to_tensor(x, Dtype::f32, "to_data_units"));
          },
          py::arg("x"))
      .def(
          "overview",
          [](const Prepared& data) {
            const Look look{.range = data.training.range, .signals = data.training.signals};
            return as_bytes(overview_png(data.training.x, look));
          },
          "A picture of the training data as the bytes of a PNG file: images, curves or points in the plane.")
      .def("_repr_html_",
           [](const py::object& self) { return py::module_::import("fokker._html").attr("of_data")(self); })
      .def("__repr__", [](const Prepared& data) {
        return fmt::format("<fokker.Data {}: {} training, {} held out, each {}>", data.training.name,
                           data.training.size(), data.held_out.size(),
                           to_string(without_axis(data.training.x.shape(), 0)));
      });
}

void bind_data(py::module_& m) {
  DataClass data_class(m, "Data", "Data ready for training, in the units of the network, with the way back.");
  bind_parts(data_class);
  bind_description(data_class);
  m.def(
      "load_data",
      [](const py::dict& keywords, std::uint64_t seed) {
        const auto config = from_keywords<DataConfig>(keywords);
        return watched([&] { return prepare(config, seed); });
      },
      py::arg("keywords"), py::arg("seed"));
  m.def("prepare_array", &prepare_array, py::arg("x"), py::arg("labels"), py::arg("target"), py::arg("keywords"),
        py::arg("seed"));
  m.def("dataset_names", &dataset_names);
  m.def(
      "describe_data",
      [](const std::string& source, std::int64_t n, std::uint64_t seed) {
        return watched([&] {
          return description_lines(describe(load_dataset(source, {.n = n, .seed = seed, .allow_missing = true})));
        });
      },
      py::arg("source"), py::arg("n"), py::arg("seed"));
  m.def(
      "write_prepared",
      [](const std::filesystem::path& path, const py::dict& keywords) {
        const auto config = from_keywords<PrepareConfig>(keywords);
        require_file_place(path);
        return watched([&] {
          Prepared data = prepare(config, config.seed);
          prepared_file(data, config).save(path);
          return data;
        });
      },
      py::arg("path"), py::arg("keywords"));
}

/// Metrics of samples, in the units of the original data: name, value, value of real data, and the feature network that
/// is the unit.
py::list evaluate_samples(const py::object& samples, const Prepared& data, const py::dict& keywords,
                          std::uint64_t seed) {
  auto config = from_keywords<MetricConfig>(keywords);
  config.seed = seed;
  const Tensor x = to_tensor(samples, Dtype::f32, "samples");
  require_finite(x, "samples", "leave them out");
  std::vector<MetricResult> results;
  watched(py::none(), [&](Watch&) { results = Evaluator(data, config)(x); });
  py::list rows;
  for (const auto& [name, value, reference, features] : results)
    rows.append(py::make_tuple(name, value, reference, features));
  return rows;
}

}  // namespace

void bind_experiments(py::module_& m) {
  bind_data(m);
  m.def("evaluate_samples", &evaluate_samples, py::arg("samples"), py::arg("data"), py::arg("keywords"),
        py::arg("seed"));
  m.def("metric_names", &metric_names);
  m.def(
      "overview_png",
      [](const py::object& x, const std::array<double, 2>& range, bool signals) {
        return as_bytes(overview_png(to_tensor(x, Dtype::f32), {{range[0], range[1]}, signals}));
      },
      py::arg("x"), py::arg("range"), py::arg("signals") = false);
}

}  // namespace fokker::python
