#pragma once
// The Python objects that C++ objects hold, as Python's garbage collector sees them.

#include <utility>

#include "fokker/python/support/bindings.h"

namespace fokker::python {

/// Deletes an object that was made of Python objects.
struct Keeper {
  References references;
  template <class T>
  void operator()(const T* object) const {
    delete object;
  }
};

/// Makes a shared `object`; the `references` that it was made of live as long as it does.
template <class T>
std::shared_ptr<T> made_of(References references, T object) {
  return {new T(std::move(object)), Keeper{std::move(references)}};
}

/// The references of an object that made_of made; null for others.
template <class T>
References* references_of(const std::shared_ptr<T>& object) {
  Keeper* keeper = std::get_deleter<Keeper>(object);
  return keeper ? &keeper->references : nullptr;
}
inline References* references_of(ScoreArgument& score) { return &score.references; }

/// The slots by which the garbage collector sees the references of bound objects; `find(self)` gives the references of
/// one object.  Each reference belongs to one bound object; others that need it hold that object.
template <References* (*find)(py::handle self)>
py::custom_type_setup collected() {
  return py::custom_type_setup([](PyHeapTypeObject* heap) {
    PyTypeObject& type = heap->ht_type;
    type.tp_flags |= Py_TPFLAGS_HAVE_GC;
    type.tp_traverse = [](PyObject* self, visitproc visit, void* arg) -> int {
      Py_VISIT(Py_TYPE(self));
      if (const References* references = find(self))
        for (const auto& reference : *references) Py_VISIT(reference->ptr());
      return 0;
    };
    type.tp_clear = [](PyObject* self) -> int {
      if (References* references = find(self))
        for (const auto& reference : *references) const py::object released = std::move(*reference);
      return 0;
    };
  });
}

/// The C++ object of `self`; null while it is made.
template <class T>
T* held_by(py::handle self) {
  auto* instance = reinterpret_cast<py::detail::instance*>(self.ptr());
  const auto value = instance->get_value_and_holder();
  return value.holder_constructed() ? value.template value_ptr<T>() : nullptr;
}

inline References* references_of_sde(py::handle self) {
  return held_by<Sde>(self) ? references_of(self.cast<std::shared_ptr<Sde>>()) : nullptr;
}

/// What pickle and copy make an equal object from: the type, called with `values`.
template <class... Values>
py::tuple remade(const py::object& self, Values&&... values) {
  return py::make_tuple(py::type::of(self), py::make_tuple(std::forward<Values>(values)...));
}

/// The function of the module, and its arguments, from which an SDE was made.
template <class... Values>
Reference recipe(const char* function, Values&&... values) {
  const auto make = py::module_::import("fokker._pickling").attr("make");
  return keep(py::make_tuple(make, py::make_tuple(function, std::forward<Values>(values)...)));
}

/// What pickle makes an SDE from.
inline py::object recipe_of(const py::object& self) {
  const References* references = references_of_sde(self);
  if (references && references->size() == 1 && py::isinstance<py::tuple>(*references->front()))
    return *references->front();
  throw py::type_error("[pickle] expected an SDE made in Python, got " + py::repr(self).cast<std::string>() +
                       ", which the library made of a schedule; pickle what it was made of");
}

/// The Python object from which `self` was made.
inline py::object part_of(const py::object& self, std::size_t index) {
  const References* references = references_of_sde(self);
  if (!references || index >= references->size())
    throw py::type_error("[pickle] expected an SDE made in Python, got " + py::repr(self).cast<std::string>());
  return *(*references)[index];
}

}  // namespace fokker::python
