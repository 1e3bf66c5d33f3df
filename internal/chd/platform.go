package chd

import (
	"maps"
	"runtime"
	"slices"
)

// Version is the pinned version of the engine's npm packages. It holds
// ClickHouse 26.7.
const Version = "26.7.3-stable.1"

// enginePackage is a pinned npm package that holds the library.
type enginePackage struct {
	name      string // npm package
	library   string // the library's path inside the package
	integrity string // of the tarball, as npm writes it; empty: npm's own check against the registry must do
	tarball   int64  // the tarball's size in bytes; 0 if unknown
	size      int64  // the library's size in bytes; 0 if unknown
	sha256    string // the library's; empty if unknown
}

// enginePackages returns what is pinned for each GOOS/GOARCH.
func enginePackages() map[string]enginePackage {
	return map[string]enginePackage{
		"linux/amd64": {
			name:      "@chdb/lib-linux-x64-gnu",
			library:   "package/libchdb.so",
			integrity: "sha512-XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw==",
			tarball:   177817999,
			size:      566330096,
			sha256:    "36ad4e999882821ef13cf2d0f52c93f48e6ee1b4498b35a201c23ce4b8d15bf5",
		},
		"linux/arm64":  {name: "@chdb/lib-linux-arm64-gnu", library: "package/libchdb.so"},
		"darwin/arm64": {name: "@chdb/lib-darwin-arm64", library: "package/libchdb.so"},
		"darwin/amd64": {name: "@chdb/lib-darwin-x64", library: "package/libchdb.so"},
	}
}

// platform returns this machine's package.
func platform() (enginePackage, error) {
	here := runtime.GOOS + "/" + runtime.GOARCH
	all := enginePackages()
	if pkg, ok := all[here]; ok {
		return pkg, nil
	}
	return enginePackage{}, &UnsupportedPlatformError{Platform: here, Supported: slices.Sorted(maps.Keys(all))}
}
