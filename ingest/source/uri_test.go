package source

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for uri, want := range map[string]URI{
		"plain.avi":                        {Path: "plain.avi"},
		"#a b%20c;&=?!.avi":                {Path: "#a b%20c;&=?!.avi"},
		"./tar:x?member=y":                 {Path: "./tar:x?member=y"},
		"12:30.avi":                        {Path: "12:30.avi"},
		"a/tar:b.avi":                      {Path: "a/tar:b.avi"},
		"/abs/x:y.avi":                     {Path: "/abs/x:y.avi"},
		"s3://bucket/a/b c?d%20#e.avi":     {Form: S3, Bucket: "bucket", Path: "a/b c?d%20#e.avi"},
		"gs://b/k":                         {Form: GS, Bucket: "b", Path: "k"},
		"azblob://b/k":                     {Form: AzBlob, Bucket: "b", Path: "k"},
		"tar:a%20b.tar?member=x%2Fy+z.avi": {Form: Tar, Path: "a b.tar", Member: "x/y z.avi"},
		"tar:s3://b/k%3Fq.tar?member=m":    {Form: Tar, Path: "s3://b/k?q.tar", Member: "m"},
		"parquet:p?column=img&row=7":       {Form: Parquet, Path: "p", Column: "img", Record: 7},
		"parquet:p?row=7&column=a.b":       {Form: Parquet, Path: "p", Column: "a.b", Record: 7},
		"cifar100:train.bin?record=0":      {Form: CIFAR100, Path: "train.bin"},
		"svhn:train_32x32.mat?record=12":   {Form: SVHN, Path: "train_32x32.mat", Record: 12},
	} {
		got, err := Parse(uri)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", uri, got, err, want)
		}
		if again, err := Parse(got.String()); err != nil || again != got {
			t.Errorf("%s: written %s, which is %+v, %v", uri, got, again, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for uri, why := range map[string]string{
		"":                                  "empty",
		"http://host/x":                     "written ./http://host/x",
		"clip:1.avi":                        "written ./clip:1.avi",
		"TAR:x?member=y":                    "scheme",
		"s3:bucket/key":                     "s3://BUCKET/KEY",
		"s3:///key":                         "no bucket",
		"s3://buck?region=x/key":            "bucket",
		"tar:x":                             "member=",
		"tar:?member=x":                     "no path",
		"tar:x?member=":                     "member=",
		"tar:x?member=a&member=b":           "once",
		"tar:x?member=a&row=1":              `"row"`,
		"tar:x%zz?member=a":                 "path",
		"tar:x?member=%zz":                  "query",
		"tar:tar:a%3Fmember=b?member=c":     "may be a file or an object",
		"tar:http://h/a.tar?member=c":       "may be a file or an object",
		"tar:s3:x?member=c":                 "bucket",
		"parquet:p?column=c":                "row=",
		"parquet:p?column=c&row=-1":         "from 0",
		"cifar100:p?record=1.5":             "from 0",
		"svhn:p?record=9223372036854775808": "from 0",
	} {
		if got, err := Parse(uri); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %+v, %v; want an error with %q", uri, got, err, why)
		}
	}
}

func TestConstructors(t *testing.T) {
	for got, want := range map[string]string{
		PlainURI("a:b/c"):                 "./a:b/c",
		PlainURI("a/b:c"):                 "a/b:c",
		tarURI("a b#.tar", "x&y/ü ?.jpg"): "tar:a%20b%23.tar?member=x%26y%2F%C3%BC+%3F.jpg",
		ParquetURI("p/0.parquet", "i", 3): "parquet:p/0.parquet?column=i&row=3",
		CIFAR100URI("train.bin", 9):       "cifar100:train.bin?record=9",
		SVHNURI("./x:y.mat", 0):           "svhn:./x:y.mat?record=0",
		tarURI("s3://b/k?.tar", "m"):      "tar:s3://b/k%3F.tar?member=m",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, uri := range append(names, "tar:a%20b?member=c", "parquet:p?column=a&row=1", "s3://b/k", "cifar100:x?record=2", "./a:b", "tar:s3://b/k?member=c") {
		f.Add(uri)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		u, err := Parse(uri)
		if err != nil {
			return
		}
		if again, err := Parse(u.String()); err != nil || again != u {
			t.Errorf("%q is %+v, written %q, which is %+v, %v", uri, u, u.String(), again, err)
		}
	})
}
