#!/bin/sh
# Puts cutsheet in place on a machine, for what the machine is to do. Run it as root from a checkout; again for an upgrade.
#   sh services/install.sh --role sheet
#   sh services/install.sh --role cutter --instance north --instance south
# Never changes a configuration or a secret that is there. --back goes back to the version before, --remove takes it all away but
# configuration, recordings and database. With --root (or DESTDIR) it fills an image that does not run.
set -eu

source=$(cd "$(dirname "$0")/.." && pwd)
root=${DESTDIR:-}
roles=
instances=
enable=yes
instead=

usage() {
	cat <<'END'
Usage: install.sh --role ROLE ... [--instance NAME ...] [--root FOLDER] [--no-enable]
       install.sh --back | --remove
  --role       what this machine does; may be given several times:
                 database  PostgreSQL, its database, and the commands to look after it
                 sheet     sheet-sync, publish-sheet, local-sheet
                 web       the pages for editors and operators
                 cutter    cutters and recorders
  --instance   the name of a cutter and its recorder; several: several of each. Default: main
  --root       fill an image that lies in this folder, and start nothing
  --no-enable  do not have the services started at boot
  --back       go back to the version that was installed before this one
  --remove     stop the services and take them away; configuration, recordings and database stay
END
}
say() { printf 'cutsheet install: %s\n' "$*" >&2; }
stop() {
	say "$*"
	exit 1
}
mistake() {
	say "$*"
	usage >&2
	exit 2
}

while [ $# -gt 0 ]; do
	case $1 in
	--role | --instance | --root)
		[ $# -ge 2 ] || mistake "$1 needs a word after it."
		case $1 in
		--role) roles="$roles $2" ;;
		--instance) instances="$instances $2" ;;
		--root) root=$2 ;;
		esac
		shift 2
		;;
	--no-enable)
		enable=
		shift
		;;
	--back | --remove)
		instead=$1
		shift
		;;
	--help)
		usage
		exit 0
		;;
	*) mistake "“$1” is no option." ;;
	esac
done
[ -n "$roles$instead" ] || mistake 'Say what this machine does: --role.'
for role in $roles; do
	case $role in
	database | sheet | web | cutter) ;;
	*) mistake "There is no role “$role”." ;;
	esac
done
: "${instances:=main}"
for instance in $instances; do
	case $instance in
	*[!A-Za-z0-9_.-]* | -* | .*) mistake "“$instance” cannot be the name of an instance: letters, digits, - and _ only." ;;
	esac
done
root=${root%/}
case $root in
'' | /*) ;;
*) root=$(pwd)/$root ;;
esac
[ "$(id -u)" -eq 0 ] || stop 'Run this as root: it makes a user, folders and services.'
[ -z "$root" ] || [ -d "$root/etc" ] || stop "$root is not the root folder of a system: it has no etc."
command -v systemd-sysusers >/dev/null 2>&1 || stop 'systemd is not installed, and the services need it.'

has_role() {
	case " $roles " in
	*" $1 "*) return 0 ;;
	esac
	return 1
}
runs_here() { [ -z "$root" ] && [ -d /run/systemd/system ]; }

# --- instead of an installation: back to the version before, or away with all

units_folder=$root/usr/local/lib/systemd/system
if [ "$instead" = --back ]; then
	before=$(readlink "$root/opt/cutsheet/previous") || stop 'There is no version before this one.'
	[ -d "$root$before" ] || stop "The version before is not there any more: $before."
	ln -sfn "$(readlink "$root/opt/cutsheet/current")" "$root/opt/cutsheet/previous"
	ln -sfn "$before" "$root/opt/cutsheet/current.new"
	mv -fT "$root/opt/cutsheet/current.new" "$root/opt/cutsheet/current"
	install -m 0644 "$root$before"/services/systemd/*.service "$units_folder/"
	install -m 0644 "$root$before"/services/systemd/cutsheet-.service.d/*.conf "$units_folder/cutsheet-.service.d/"
	if runs_here; then
		systemctl daemon-reload
		systemctl try-restart 'cutsheet-*.service' || stop "Not all services go on: journalctl -u 'cutsheet-*' says why."
	fi
	say "back at $(basename "$before")"
	exit 0
fi
if [ "$instead" = --remove ]; then
	if runs_here; then systemctl stop 'cutsheet-*.service'; fi
	# Every instance of the template units that is started at boot is such a link.
	find "$root/etc/systemd/system" -name 'cutsheet-*.service' -path '*.wants/*' -delete
	rm -rf "$units_folder"/cutsheet-*.service "$units_folder/cutsheet-.service.d" "$root/opt/cutsheet" \
		"$root/usr/local/bin/cutsheet"
	if runs_here; then systemctl daemon-reload; fi
	say 'removed. Left are /etc/cutsheet, /var/lib/cutsheet, the user cutsheet, and the database.'
	exit 0
fi

# --- packages of Debian that the roles need

packages=
if has_role cutter || has_role web; then packages="$packages ffmpeg"; fi
if has_role database; then packages="$packages postgresql"; fi
missing=
for package in $packages; do
	[ -e "$root/var/lib/dpkg/info/$package.list" ] || missing="$missing $package"
done
if [ -n "$missing" ]; then
	if [ -n "$root" ] || ! command -v apt-get >/dev/null 2>&1; then
		say "The system also needs:$missing"
	else
		say "installing$missing ..."
		apt-get -qq -o DPkg::Lock::Timeout=600 update
		# shellcheck disable=SC2086 # a list of words
		DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 install -y --no-install-recommends $missing
	fi
fi

# --- the user, and folders

printf 'u cutsheet - "cutsheet" /var/lib/cutsheet\n' | systemd-sysusers --root="${root:-/}" - 2>/dev/null ||
	stop 'The system user cutsheet could not be made.'
entry=$(grep '^cutsheet:' "$root/etc/passwd") || stop "There is no user cutsheet in $root/etc/passwd."
uid=$(printf '%s' "$entry" | cut -d: -f3)
gid=$(printf '%s' "$entry" | cut -d: -f4)

folder() { install -d -m "$1" -o "$2" -g "$3" "$root$4"; }
folder 0755 0 0 /etc/cutsheet
folder 0700 0 0 /etc/cutsheet/credentials
folder 0750 "$uid" "$gid" /var/lib/cutsheet
folder 0755 0 0 /opt/cutsheet/releases
folder 0755 0 0 /usr/local/bin
folder 0755 0 0 /usr/local/lib/systemd/system/cutsheet-.service.d
if has_role cutter; then
	folder 0750 "$uid" "$gid" /var/lib/cutsheet/segments
	folder 0750 "$uid" "$gid" /var/lib/cutsheet/spool
fi

# --- the program: a copy of this checkout, beside the one that runs, which goes on with its own files until it is restarted

if has_role web && [ -e "$source/services/setup.sh" ] && [ ! -e "$source/services/web/dist/pages/built" ]; then
	sh "$source/services/setup.sh" pages
fi
node=$source/node_modules/.bin/node
[ -x "$node" ] || node=node
version=$("$node" -p 'require(process.argv[1]).version' "$source/package.json") ||
	stop "The checkout is not set up. Type: sh $source/services/setup.sh pages"
content=$(cd "$source" && find services db sheet-sync cutter package.json package-lock.json -type f -print0 |
	LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-12)
release=/opt/cutsheet/releases/$version-$content
if [ ! -e "$root$release" ]; then
	say "copying $version-$content ..."
	draft=$root$release.new
	rm -rf "$draft"
	mkdir -p "$draft"
	# What package-lock.json marks as needed for development only stays away.
	"$node" -e '
		const { packages } = require(process.argv[1] + "/package-lock.json");
		for (const [name, { dev }] of Object.entries(packages)) if (dev) console.log("./" + name);
	' "$source" >"$draft/.without"
	(cd "$source" && tar -c --exclude-from="$draft/.without" --exclude='./node_modules/.cache' --exclude='./node_modules/.vite' \
		--owner=0 --group=0 ./services ./db ./sheet-sync ./cutter ./node_modules ./package.json ./package-lock.json ./README.md) |
		tar -x -C "$draft" || stop "The copy to $draft failed."
	rm -f "$draft/.without"
	chmod -R u=rwX,go=rX "$draft"
	mv "$draft" "$root$release"
fi
before=$(readlink "$root/opt/cutsheet/current" || true)
ln -sfn "$release" "$root/opt/cutsheet/current.new"
mv -fT "$root/opt/cutsheet/current.new" "$root/opt/cutsheet/current"
ln -sfn /opt/cutsheet/current/services/bin/cutsheet "$root/usr/local/bin/cutsheet"
# The one before is kept, for --back.
if [ -n "$before" ] && [ "$before" != "$release" ]; then ln -sfn "$before" "$root/opt/cutsheet/previous"; fi
previous=$(readlink "$root/opt/cutsheet/previous" || true)
for old in "$root"/opt/cutsheet/releases/*; do
	case ${old#"$root"} in
	"$release" | "$previous") ;;
	*) rm -rf "$old" ;;
	esac
done

# --- units

install -m 0644 "$source"/services/systemd/*.service "$units_folder/"
install -m 0644 "$source"/services/systemd/cutsheet-.service.d/*.conf "$units_folder/cutsheet-.service.d/"
systemd_version=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
if [ "${systemd_version:-0}" -ge 254 ]; then
	install -m 0644 "$source/services/systemd/20-backoff.conf" "$units_folder/cutsheet-.service.d/"
fi

# --- configuration, where there is none

# NAME of a file in skeleton/, its name in /etc/cutsheet, who may read it, and what sed does to it
configure() {
	file=$root/etc/cutsheet/$2
	[ ! -e "$file" ] || return 0
	install -m "$3" -o 0 -g "$gid" "$source/services/systemd/skeleton/$1" "$file.new"
	sed -i "${4:-}" "$file.new"
	chown "0:$gid" "$file.new"
	mv "$file.new" "$file"
	say "wrote /etc/cutsheet/$2: look through it"
}
# The first port from $2 on that no instance of the service $1 on this machine has.
free_port() {
	port=$2
	while grep -qsE "^  ports: .*\\b$1: $port\\b" "$root"/etc/cutsheet/"$1"-*.yaml; do port=$((port + 1)); done
	echo "$port"
}
units=
if has_role database; then configure cutsheet.yaml cutsheet.yaml 0644; fi
if has_role sheet; then
	folder 0700 0 0 /etc/cutsheet/credentials/sheet
	configure sheet.yaml sheet.yaml 0640
	units="$units cutsheet-sheet-sync.service"
fi
if has_role web; then
	folder 0700 0 0 /etc/cutsheet/credentials/web
	configure web.yaml web.yaml 0640
	units="$units cutsheet-web.service"
fi
if has_role cutter; then
	folder 0700 0 0 /etc/cutsheet/credentials/cutter
	folder 0700 0 0 /etc/cutsheet/credentials/record
	for instance in $instances; do
		# Two cutters of a machine have its name no longer for themselves.
		name=
		if [ "$instance" != main ]; then name="s/^  # node: .*/  node: '$instance'/;"; fi
		configure cutter.yaml "cutter-$instance.yaml" 0640 "$name s/cutter: 9461/cutter: $(free_port cutter 9461)/"
		configure record.yaml "record-$instance.yaml" 0640 "s/record: 9471/record: $(free_port record 9471)/"
		units="$units cutsheet-cutter@$instance.service"
	done
fi

# --- the database

if has_role database && [ -z "$root" ]; then
	as_postgres() { (cd / && runuser -u postgres -- "$@"); }
	if as_postgres psql -qAtc 'select 1' >/dev/null 2>&1; then
		if [ -z "$(as_postgres psql -qAtc "select 1 from pg_database where datname = 'cutsheet'")" ]; then
			as_postgres createdb --encoding=UTF8 --template=template0 --locale=C.UTF-8 cutsheet
			say 'made the database cutsheet'
		fi
		install -d -m 0700 -o postgres -g postgres /etc/cutsheet/logins
		as_postgres /usr/local/bin/cutsheet migrate --logins /etc/cutsheet/logins --config /etc/cutsheet/cutsheet.yaml
		# They are for other machines too, and those do not reach this socket.
		sed -i "s|@localhost/cutsheet?host=.*|@$(hostname -f 2>/dev/null || hostname)/cutsheet|" /etc/cutsheet/logins/*.url
		say 'what each service logs in with lies in /etc/cutsheet/logins: copy it to its machine, as the README says'
	else
		say 'PostgreSQL does not run yet. Start it, and run this again: it makes the database cutsheet and its tables.'
	fi
fi

# Of a machine that is a database node too, the services log in over its loopback interface.
login() {
	url=$root/etc/cutsheet/credentials/$2/database-url
	if [ ! -e "$root/etc/cutsheet/logins/$1.url" ] || [ -e "$url" ]; then return 0; fi
	(umask 077 && sed 's|@[^@/]*/cutsheet$|@localhost/cutsheet|' "$root/etc/cutsheet/logins/$1.url" >"$url.new")
	mv "$url.new" "$url"
}
if has_role sheet; then login sheet_sync sheet; fi
if has_role web; then login web web; fi
if has_role cutter; then login cutter cutter; fi

# --- start at boot, and go on with the new version

if [ -n "$enable" ] && [ -n "$units" ]; then
	# shellcheck disable=SC2086 # a list of words
	systemctl --root="${root:-/}" enable $units 2>/dev/null || stop "These could not be enabled:$units"
fi
if runs_here; then
	systemctl daemon-reload
	if [ -n "$before" ] && [ "$before" != "$release" ]; then
		if systemctl try-restart 'cutsheet-*.service'; then
			say "the services that ran go on with $version-$content; the one before is $before"
		else
			say "not all services that ran go on with $version-$content: journalctl -u 'cutsheet-*' says why. To go back to" \
				"the one before: sh $0 --back"
		fi
	fi
fi
say "installed $version-$content for:$roles"
for unit in $units; do
	if runs_here && systemctl -q is-active "$unit"; then continue; fi
	say "when its configuration is right: systemctl start $unit"
done
