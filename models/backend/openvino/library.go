//go:build linux && amd64 && cgo

package openvino

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// What is used of the library's C interface (openvino/c/openvino.h of version 2026.4).
typedef struct ov_core ov_core;
typedef struct ov_model ov_model;
typedef struct ov_compiled ov_compiled;
typedef struct ov_request ov_request;
typedef struct ov_tensor ov_tensor;
typedef struct { int64_t rank; int64_t *dims; } ov_shape;
typedef struct { const char *key; const void *value; } ov_property;
typedef struct { const char *build, *description; } ov_version;

typedef struct {
	void *handle;
	int (*get_version)(ov_version *);
	void (*version_free)(ov_version *);
	const char *(*error_info)(int);
	const char *(*last_error)(void);
	int (*core_create)(ov_core **);
	void (*core_free)(ov_core *);
	int (*core_read_model)(const ov_core *, const char *, size_t, const ov_tensor *, ov_model **);
	int (*core_compile)(const ov_core *, const ov_model *, const char *, size_t, const ov_property *, ov_compiled **);
	int (*core_get_property)(const ov_core *, const char *, const char *, char **);
	void (*free_text)(const char *);
	void (*model_free)(ov_model *);
	void (*compiled_free)(ov_compiled *);
	int (*create_request)(const ov_compiled *, ov_request **);
	void (*request_free)(ov_request *);
	int (*set_tensor)(ov_request *, const char *, const ov_tensor *);
	int (*infer)(ov_request *);
	int (*tensor_from_host)(int, const ov_shape, void *, ov_tensor **);
	void (*tensor_free)(ov_tensor *);
} library;

// load opens the library and looks its functions up. It returns NULL, or what is missing.
static const char *load(library *l, const char *path) {
	l->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (l->handle == NULL) return dlerror();
	struct { void **to; const char *name; } wanted[] = {
		{(void **)&l->get_version, "ov_get_openvino_version"},
		{(void **)&l->version_free, "ov_version_free"},
		{(void **)&l->error_info, "ov_get_error_info"},
		{(void **)&l->last_error, "ov_get_last_err_msg"},
		{(void **)&l->core_create, "ov_core_create"},
		{(void **)&l->core_free, "ov_core_free"},
		{(void **)&l->core_read_model, "ov_core_read_model_from_memory_buffer"},
		{(void **)&l->core_compile, "ov_core_compile_model_props"},
		{(void **)&l->core_get_property, "ov_core_get_property"},
		{(void **)&l->free_text, "ov_free"},
		{(void **)&l->model_free, "ov_model_free"},
		{(void **)&l->compiled_free, "ov_compiled_model_free"},
		{(void **)&l->create_request, "ov_compiled_model_create_infer_request"},
		{(void **)&l->request_free, "ov_infer_request_free"},
		{(void **)&l->set_tensor, "ov_infer_request_set_tensor"},
		{(void **)&l->infer, "ov_infer_request_infer"},
		{(void **)&l->tensor_from_host, "ov_tensor_create_from_host_ptr"},
		{(void **)&l->tensor_free, "ov_tensor_free"},
	};
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		*wanted[i].to = dlsym(l->handle, wanted[i].name);
		if (*wanted[i].to == NULL) return wanted[i].name;
	}
	return NULL;
}

static int get_version(library *l, ov_version *v) { return l->get_version(v); }
static void version_free(library *l, ov_version *v) { l->version_free(v); }
static const char *error_info(library *l, int status) { return l->error_info(status); }
static const char *last_error(library *l) { return l->last_error(); }
static int core_create(library *l, ov_core **core) { return l->core_create(core); }
static int core_get_property(library *l, ov_core *core, const char *device, const char *key, char **value) { return l->core_get_property(core, device, key, value); }
static void free_text(library *l, char *text) { l->free_text(text); }
static void compiled_free(library *l, ov_compiled *c) { l->compiled_free(c); }
static void request_free(library *l, ov_request *r) { l->request_free(r); }
static int infer(library *l, ov_request *r) { return l->infer(r); }
static int create_request(library *l, ov_compiled *c, ov_request **r) { return l->create_request(c, r); }

// compile reads a model from text, with constants at offsets from base, and compiles it.
static int compile(library *l, ov_core *core, const char *text, size_t length, void *base, size_t span,
		size_t count, const ov_property *properties, ov_compiled **compiled) {
	int64_t dims[1] = {(int64_t)span};
	ov_shape shape = {1, dims};
	ov_tensor *constants = NULL;
	ov_model *model = NULL;
	int status = 0;
	if (span > 0) status = l->tensor_from_host(16, shape, base, &constants); // 16: u8
	if (status == 0) status = l->core_read_model(core, text, length, constants, &model);
	if (status == 0) status = l->core_compile(core, model, "CPU", count, properties, compiled);
	if (model != NULL) l->model_free(model);
	if (constants != NULL) l->tensor_free(constants);
	return status;
}

// bind makes memory the tensor of an input or output.
static int bind(library *l, ov_request *request, const char *name, int type, int64_t rank, int64_t *dims, void *memory) {
	ov_shape shape = {rank, dims};
	ov_tensor *tensor = NULL;
	int status = l->tensor_from_host(type, shape, memory, &tensor);
	if (status == 0) status = l->set_tensor(request, name, tensor);
	if (tensor != NULL) l->tensor_free(tensor);
	return status;
}
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"unsafe"
)

// library is the loaded shared library with an open core. It stays loaded until the process ends.
type library struct {
	c       *C.library
	core    *C.ov_core
	version string // such as "2026.4.1-22982-…"
}

// loadLibrary opens the file libopenvino_c and creates a core with its CPU plugin.
func loadLibrary(path string) (*library, error) {
	if err := checkWhole(path); err != nil {
		return nil, err
	}
	l := &library{c: (*C.library)(C.calloc(1, C.size_t(unsafe.Sizeof(C.library{}))))}
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	if missing := C.load(l.c, name); missing != nil {
		return nil, fmt.Errorf("load %s: %s", path, C.GoString(missing))
	}
	var v C.ov_version
	if err := l.call(func() C.int { return C.get_version(l.c, &v) }); err != nil {
		return nil, fmt.Errorf("ask %s for its version: %w", path, err)
	}
	l.version = C.GoString(v.build)
	C.version_free(l.c, &v)
	if err := checkVersion(l.version); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := l.call(func() C.int { return C.core_create(l.c, &l.core) }); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if _, err := l.property("FULL_DEVICE_NAME"); err != nil {
		return nil, fmt.Errorf("%s has no CPU plugin beside it (libopenvino_intel_cpu_plugin.so): %w", path, err)
	}
	return l, nil
}

// oldestYear and oldestMinor are the first version whose C interface has all functions in use.
const oldestYear, oldestMinor = 2026, 4

// checkVersion returns an error for a library before 2026.4.
func checkVersion(version string) error {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) == 3 {
		year, errYear := strconv.Atoi(parts[0])
		minor, errMinor := strconv.Atoi(parts[1])
		if errYear == nil && errMinor == nil && (year > oldestYear || year == oldestYear && minor >= oldestMinor) {
			return nil
		}
	}
	return fmt.Errorf("it is version %s, and %d.%d or later is needed", version, oldestYear, oldestMinor)
}

// property returns a property of the CPU plugin.
func (l *library) property(key string) (string, error) {
	device, name := C.CString("CPU"), C.CString(key)
	defer C.free(unsafe.Pointer(device))
	defer C.free(unsafe.Pointer(name))
	var value *C.char
	if err := l.call(func() C.int { return C.core_get_property(l.c, l.core, device, name, &value) }); err != nil {
		return "", err
	}
	defer C.free_text(l.c, value)
	return C.GoString(value), nil
}

// call runs a function of the library and turns its status into an error with the line of the library's message that
// says most. The library keeps its last message for each thread.
func (l *library) call(function func() C.int) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	status := function()
	if status == 0 {
		return nil
	}
	text := C.GoString(C.error_info(l.c, status))
	if line := telling(C.GoString(C.last_error(l.c))); line != "" {
		text += ": " + line
	}
	return errors.New(text)
}

// telling picks the line of a message that is not a path, an address or a heading.
func telling(message string) string {
	best := ""
	for line := range strings.Lines(message) {
		line = strings.TrimSpace(line)
		switch {
		case line == "", strings.HasPrefix(line, "Exception from "), strings.HasPrefix(line, "Check '"), strings.HasPrefix(line, "While validating"):
			continue
		case best == "":
			best = line
		}
	}
	if len(best) > 300 {
		best = best[:300] + "…"
	}
	return best
}

// model is a compiled graph with the one request that runs it.
type model struct {
	library  *library
	compiled *C.ov_compiled
	request  *C.ov_request
}

// compile compiles IR whose constants lie at offsets from base, within span bytes.
func (l *library) compile(text []byte, base unsafe.Pointer, span uintptr, properties [][2]string) (*model, error) {
	list := (*C.ov_property)(C.calloc(C.size_t(len(properties)), C.size_t(unsafe.Sizeof(C.ov_property{}))))
	defer C.free(unsafe.Pointer(list))
	for i, p := range unsafe.Slice(list, len(properties)) {
		p.key, p.value = C.CString(properties[i][0]), unsafe.Pointer(C.CString(properties[i][1]))
		defer C.free(unsafe.Pointer(p.key))
		defer C.free(p.value)
		unsafe.Slice(list, len(properties))[i] = p
	}
	m := &model{library: l}
	err := l.call(func() C.int {
		return C.compile(l.c, l.core, (*C.char)(unsafe.Pointer(unsafe.SliceData(text))), C.size_t(len(text)), base, C.size_t(span),
			C.size_t(len(properties)), list, &m.compiled)
	})
	if err != nil {
		return nil, err
	}
	if err := l.call(func() C.int { return C.create_request(l.c, m.compiled, &m.request) }); err != nil {
		C.compiled_free(l.c, m.compiled)
		return nil, err
	}
	return m, nil
}

// bind makes a buffer's memory the values of the input or output with the name. It must stay until the next bind.
func (m *model) bind(name string, b *buffer) error {
	text := C.CString(name)
	defer C.free(unsafe.Pointer(text))
	dims := b.shape.Dimensions
	sizes := make([]C.int64_t, max(1, len(dims)))
	for i, d := range dims {
		sizes[i] = C.int64_t(d)
	}
	number := C.int(elements[b.shape.DType].number)
	return m.library.call(func() C.int {
		return C.bind(m.library.c, m.request, text, number, C.int64_t(len(dims)), &sizes[0], b.memory.address)
	})
}

// run executes the graph on the bound memory.
func (m *model) run() error {
	return m.library.call(func() C.int { return C.infer(m.library.c, m.request) })
}

func (m *model) close() {
	C.request_free(m.library.c, m.request)
	C.compiled_free(m.library.c, m.compiled)
}
