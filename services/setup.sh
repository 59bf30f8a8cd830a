#!/bin/sh
# Set-up: what `npm run demo`, `npm test` and `npm run check` need before they can run. Quiet when all is there.
#   1. dependencies, as package-lock.json says, when they are missing or older than package-lock.json
#   2. a Node of 24.7 or newer: the npm packages node-linux-* bring one, elsewhere the system has to
#   3. ffmpeg and ffprobe
#   4. with the word `browser`: Chromium, in which the pages are tested
#   5. with the word `pages`: the pages of the web service, when they are not built yet or changed since
# Safe to run at any time, also twice at once. Says what it does on stderr: stdout belongs to what runs afterwards.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
bin=$root/node_modules/.bin

say() { printf 'cutsheet set-up: %s\n' "$*" >&2; }
stop() {
	say "$*"
	exit 1
}

# One set-up at a time per checkout. The lock is on the folder itself, and gone with this process. Without flock (it is
# part of every Debian) two set-ups at once are the caller's to avoid.
lock() {
	if command -v flock >/dev/null 2>&1; then
		exec 9<"$root"
		flock 9
	fi
}
unlock() { exec 9<&-; }

# npm writes node_modules/.package-lock.json last, so without it an installation is missing or incomplete.
dependencies_are_current() {
	[ -f node_modules/.package-lock.json ] &&
		[ -z "$(find package-lock.json -newer node_modules/.package-lock.json)" ]
}

install_dependencies() {
	command -v npm >/dev/null 2>&1 || stop 'npm is not installed. On Debian: apt-get install npm'
	say 'installing the dependencies (once) ...'
	# Not `npm ci`: it refuses a lock file that lacks optional packages for other systems, which is what npm writes where
	# a registry does not hold them. With --no-save an install follows the lock file as it is and changes neither file.
	# npm must not run on the Node inside node_modules, which it may replace. No install script is needed: newer npm block
	# them anyway, and ffmpeg-static's would download 80 MB from a host that may not be reachable.
	path=$(printf '%s' "$PATH" | tr ':' '\n' | grep -v 'node_modules/\.bin$' | paste -s -d : -)
	# npm leaves out optional packages that its own Node is too old for, such as Debian 12's 18: some of those that build the
	# pages. They run on the Node that is installed here, so npm is told of that one.
	disguise='--import=data:text/javascript,Object.defineProperty(process,%22version%22,{value:%22v24.7.0%22})'
	PATH=$path NODE_OPTIONS=$disguise node -e 'process.exit(Number.parseInt(process.versions.node) < 24 ? 0 : 1)' >/dev/null 2>&1 ||
		disguise=
	PATH=$path NODE_OPTIONS="${NODE_OPTIONS:-} $disguise" \
		npm install --no-save --ignore-scripts --include=dev --include=optional --no-audit --no-fund --loglevel=error \
		>&2 9<&- || stop "npm install failed in $root: see above."
	touch node_modules/.package-lock.json
	link_node
}

# npm 10 makes no link for the one that is installed of two optional packages with a program of the same name.
link_node() {
	for program in node_modules/node-linux-*/bin/node; do
		if [ -x "$program" ] && [ ! -e "$bin/node" ]; then ln -sf "../${program#node_modules/}" "$bin/node"; fi
	done
}

# Whether the `node` on the PATH is 24.7 or newer: older ones have no Argon2 for passwords.
node_is_new_enough() {
	version=$(node --version 2>/dev/null) || return 1
	version=${version#v}
	major=${version%%.*}
	minor=${version#*.}
	minor=${minor%%.*}
	[ "$major" -gt 24 ] || { [ "$major" -eq 24 ] && [ "$minor" -ge 7 ]; }
}

check_node() {
	if node_is_new_enough; then return 0; fi
	# A Node from npm that does not run here (another libc) must not hide the system's.
	if [ -e "$bin/node" ] && ! "$bin/node" --version >/dev/null 2>&1; then rm -f "$bin/node"; fi
	hash -r
	if node_is_new_enough; then return 0; fi
	stop "Node 24.7 or newer is needed, and $(command -v node || echo 'no node') is" \
		"$(node --version 2>/dev/null || echo 'what there is'). Install it from https://nodejs.org/en/download" \
		'so that it comes first on the PATH, then run this again.'
}

# Whether a program is there: named by a variable ($1, value $2), or under one of the other names or paths.
have() {
	variable=$1
	named=$2
	shift 2
	if [ -n "$named" ]; then
		[ -x "$named" ] || stop "$variable names $named, which cannot be run." \
			"Correct $variable, or unset it."
		return 0
	fi
	for candidate in "$@"; do
		if command -v "$candidate" >/dev/null 2>&1; then return 0; fi
	done
	return 1
}

have_ffmpeg() {
	have FFMPEG_PATH "${FFMPEG_PATH:-}" "$root/node_modules/ffmpeg-static/ffmpeg" ffmpeg &&
		have FFPROBE_PATH "${FFPROBE_PATH:-}" ffprobe
}

# Installs a package of Debian, $1, as root. $2 says what is missing, $3 what to do where there is no apt-get.
install_package() {
	command -v apt-get >/dev/null 2>&1 || stop "$2 not installed. $3"
	if [ "$(id -u)" -eq 0 ]; then
		as_root=
	elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
		as_root='sudo -n'
	else
		stop "$2 not installed. Type: sudo apt-get update && sudo apt-get install -y $1"
	fi
	say "installing $1 (once) ..."
	for step in update "install -y --no-install-recommends $1"; do
		# shellcheck disable=SC2086 # the step and the words before it are lists of words
		$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 $step >&2 9<&- ||
			say "apt-get $step failed: see above."
	done
}

install_ffmpeg() {
	install_package ffmpeg 'ffmpeg and ffprobe are' \
		'Install ffmpeg with the package manager of this system, or name both programs in FFMPEG_PATH and FFPROBE_PATH.'
	have_ffmpeg || stop 'ffmpeg could not be installed. Type: apt-get update && apt-get install -y ffmpeg'
}

have_chromium() { have CHROMIUM_PATH "${CHROMIUM_PATH:-}" /usr/bin/chromium; }

install_chromium() {
	install_package 'chromium fonts-dejavu-core' 'Chromium is' 'Install it, and name it in CHROMIUM_PATH.'
	have_chromium || stop 'Chromium could not be installed. Type: apt-get update && apt-get install -y chromium'
}

if ! dependencies_are_current; then
	lock
	dependencies_are_current || install_dependencies
	unlock
fi
case ":$PATH:" in
*":$bin:"*) ;;
*) PATH=$bin:$PATH ;;
esac
check_node
if ! have_ffmpeg; then
	lock
	have_ffmpeg || install_ffmpeg
	unlock
fi

pages_are_built() {
	[ -f services/web/dist/pages/built ] &&
		[ -z "$(find services/web/pages services/web/build-pages.ts package-lock.json -newer services/web/dist/pages/built)" ]
}

build_pages() {
	say 'building the pages (when they have changed) ...'
	node services/web/build-pages.ts >&2 9<&- || stop 'The pages could not be built: see above.'
}

for word in "$@"; do
	case $word in
	browser)
		if ! have_chromium; then
			lock
			have_chromium || install_chromium
			unlock
		fi
		;;
	pages)
		if ! pages_are_built; then
			lock
			pages_are_built || build_pages
			unlock
		fi
		;;
	*) stop "There is no step “$word”: browser, pages." ;;
	esac
done
