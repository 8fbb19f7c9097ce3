package shard_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"padapter/pipeline/shard"
)

// What the index says must be what the tool that people have computes.
func TestChecksumsAreThoseOfXxhsum(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, job(10, "none"))
	ix, err := shard.ReadIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := ix.Shards[0].Checksum(); len(got) != 32 || got != ix.Shards[0].XXH128 {
		t.Fatalf("checksum %q", got)
	}
	tool, err := exec.LookPath("xxhsum")
	if err != nil {
		t.Skip("xxhsum is not installed (package xxhash)")
	}
	out, err := exec.Command(tool, "-H128", filepath.Join(dir, ix.Shards[0].Name)).Output()
	if err != nil {
		t.Fatal(err)
	}
	if want, _, _ := strings.Cut(string(out), " "); want != ix.Shards[0].Checksum() {
		t.Errorf("the index says %s, xxhsum %s", ix.Shards[0].Checksum(), want)
	}
}

// Folders of earlier programs have SHA-256, and batches of another size.
func TestFoldersWithSHA256GoOn(t *testing.T) {
	dir := t.TempDir()
	j := job(20, "none")
	write(t, dir, j)
	for number := range j.Shards() {
		path := filepath.Join(dir, "receipts", j.Name(number)+".json")
		e, ok := shard.Completed(dir, j, number)
		if !ok {
			t.Fatal("no completion marker")
		}
		content, err := os.ReadFile(filepath.Join(dir, e.Name))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(content)
		e.XXH128, e.SHA256 = "", hex.EncodeToString(sum[:])
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "xxh128") {
			t.Fatalf("completion marker %s", text)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	now := j
	now.BatchRows = 2
	begun, err := shard.Begin(dir, now)
	if err != nil || begun.BatchRows != j.BatchRows {
		t.Fatalf("begun with batches of %d rows: %v", begun.BatchRows, err)
	}
	for number := range j.Shards() {
		if _, kept, err := shard.Kept(t.Context(), dir, begun, number); err != nil || !kept {
			t.Errorf("shard %d: kept %v, %v", number, kept, err)
		}
	}
	path := filepath.Join(dir, j.Name(1))
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 1
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, kept, err := shard.Kept(t.Context(), dir, begun, 1); err != nil || kept {
		t.Errorf("a damaged shard: kept %v, %v", kept, err)
	}
}
