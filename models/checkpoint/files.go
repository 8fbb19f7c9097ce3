package checkpoint

import (
	"errors"
	"io"
	"io/fs"
	"strings"

	"padapter/manifests/storage"
)

// On an object store a folder cannot be replaced atomically, but an object can. The names of weight files there contain
// their hash, so that new files never overwrite those of the current config. The config, which names the hashes, is
// written last and switches to the new checkpoint. Copies of such folders can be read anywhere.

// hashedName returns the name of a weight file on an object store.
func hashedName(name, hash string) string {
	const digits = 16
	stem, extension, _ := strings.Cut(name, ".")
	return stem + "-" + hash[:min(digits, len(hash))] + "." + extension
}

// weightsFile returns the path of a weight file in a checkpoint's folder: the name with the hash if it exists,
// otherwise the plain name.
func weightsFile(dir, name, hash string) string {
	hashed := storage.Join(dir, hashedName(name, hash))
	if _, err := storage.Stat(hashed); err == nil {
		return hashed
	}
	return storage.Join(dir, name)
}

// Upload copies a local checkpoint to an object store and replaces an older one there, whose weights are removed
// afterwards. Concurrent readers see either the old or the new checkpoint.
func Upload(dir, to string) error {
	config, err := ReadConfig(dir)
	if err != nil {
		return err
	}
	keep := map[string]bool{ConfigFile: true}
	for name, hash := range map[string]string{BackboneFile: config.BackboneSHA256, AdapterFile: config.AdapterSHA256} {
		hashed := hashedName(name, hash)
		switch err := send(weightsFile(dir, name, hash), storage.Join(to, hashed)); {
		case err == nil:
			keep[hashed] = true
		case name == BackboneFile && errors.Is(err, fs.ErrNotExist): // adapter without backbone
		default:
			return err
		}
	}
	if err := config.write(storage.Join(to, ConfigFile)); err != nil {
		return err
	}
	return removeOthers(to, keep)
}

// send copies a file whose name contains its hash, unless it exists.
func send(from, to string) error {
	have, err := storage.Stat(from)
	if err != nil {
		return err
	}
	if there, err := storage.Stat(to); err == nil && there.Size == have.Size {
		return nil
	}
	return storage.Copy(from, to)
}

// removeOthers removes weight files that the config no longer names.
func removeOthers(dir string, keep map[string]bool) error {
	var stale []string
	err := storage.List(dir, func(e storage.Entry) error {
		if !e.Folder && !keep[e.Name] && isWeights(e.Name) {
			stale = append(stale, e.Name)
		}
		return nil
	})
	for _, name := range stale {
		if err == nil {
			err = storage.Remove(storage.Join(dir, name))
		}
	}
	return err
}

// isWeights reports whether name is the name of a weight file of a checkpoint.
func isWeights(name string) bool {
	for _, own := range []string{BackboneFile, AdapterFile} {
		stem, extension, _ := strings.Cut(own, ".")
		if name == own || strings.HasPrefix(name, stem+"-") && strings.HasSuffix(name, "."+extension) {
			return true
		}
	}
	return false
}

// whole reads an object from its beginning in pieces that are worth a round trip.
func whole(to io.Writer, o storage.Object) error {
	const piece = 4 << 20
	_, err := io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{storage.Reader(o)}, make([]byte, piece))
	return err
}
