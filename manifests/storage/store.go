package storage

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// Store is an object store. Names are URIs of its scheme; errors of objects that are not there wrap fs.ErrNotExist.
type Store interface {
	Open(uri string) (Object, error)
	Create(uri string) (Draft, error)
	// List visits what lies directly below uri, sorted by name; names have no slashes. Folder is true of what other
	// objects' names go on from.
	List(uri string, visit func(Entry) error) error
	Remove(uri string) error
}

// Object is an open file. Its bytes don't change while it is open: reading fails if the object is replaced.
type Object interface {
	io.ReaderAt
	Size() int64 // bytes
	Close() error
}

// Draft is a file on its way. End it with Commit, after which it is there, or with Abort, which leaves what was there
// before; Abort after Commit does nothing, so it can be deferred.
type Draft interface {
	io.Writer
	Commit() error
	Abort() error
}

// Entry is something in a folder.
type Entry struct {
	Name   string
	Size   int64 // bytes; 0 of folders
	Folder bool
}

var (
	mu     sync.RWMutex
	stores = map[string]Store{}
)

// Register makes names of a scheme ("s3" for s3://BUCKET/KEY) lead to a store, until unregister is called, which puts back
// the store before it.
func Register(scheme string, s Store) (unregister func()) {
	mu.Lock()
	defer mu.Unlock()
	before, replaced := stores[scheme]
	stores[scheme] = s
	return func() {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case stores[scheme] != s: // another has come since
		case replaced:
			stores[scheme] = before
		default:
			delete(stores, scheme)
		}
	}
}

// errNoStore is of names whose scheme nobody has registered.
var errNoStore = errors.New("there is no such kind of object store here: use s3, gs or azblob")

// Remote reports whether a name is SCHEME://… rather than a path.
func Remote(name string) bool {
	scheme, _, ok := strings.Cut(name, "://")
	return ok && scheme != "" && !strings.ContainsAny(scheme, `/\.`)
}

// storeOf is the store of a remote name.
func storeOf(name string) (Store, error) {
	scheme, _, _ := strings.Cut(name, "://")
	mu.RLock()
	defer mu.RUnlock()
	s, ok := stores[scheme]
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, errNoStore)
	}
	return s, nil
}
