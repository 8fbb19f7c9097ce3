# Sourced. Lets a script take a package out of another release of the machine's
# own distribution, from the mirror that the machine already uses, without
# touching the system: apt's lists and cache are private to one folder and no
# privilege is needed. apt itself reads the mirror's configuration (deb822 and
# one-line form alike), checks the release's signature against the
# distribution's keyring and every file against the signed index.
#
#   private_apt_open DIR deb|deb-src SUITE   afterwards "${apt[@]}" is an apt-get for SUITE

private_apt_open() {
  local dir=$1 kind=$2 suite=$3 mirror keyring options='' components=main
  local ID='' VERSION_CODENAME=''
  . /etc/os-release
  mirror=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
    awk -v suite="$VERSION_CODENAME" '$1 == suite { print $2; exit }')
  if [ -z "$mirror" ]; then
    echo "no apt source for ${VERSION_CODENAME:-this release} in /etc/apt; add one and try again" >&2
    return 1
  fi
  keyring=/usr/share/keyrings/$ID-archive-keyring.gpg
  [ -r "$keyring" ] && options="[signed-by=$keyring] "
  [ "$ID" = ubuntu ] && components="main universe"

  mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial"
  echo "$kind $options$mirror $suite $components" >"$dir/sources.list"
  apt=(apt-get -qq
    -o "Dir::State=$dir/state"
    -o "Dir::State::status=/var/lib/dpkg/status"
    -o "Dir::Cache=$dir/cache"
    -o "Dir::Etc::sourcelist=$dir/sources.list"
    -o "Dir::Etc::sourceparts=/dev/null"
    -o "Dir::Etc::preferencesparts=/dev/null"
    -o "Acquire::Languages=none"
    -o "Acquire::Retries=3"
    -o "APT::Sandbox::User=$(id -un)")
  "${apt[@]}" -o APT::Update::Error-Mode=any update >&2
}
