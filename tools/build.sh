# Sourced by the launcher and its tools, after jdk.sh; needs `root` and `jdk`.

# What a build reads. Directories count too: their time changes when a file is added or removed.
segue_sources() {
  (
    cd "$root"
    find . \( -name target -o -name '.?*' -o -path '*/src/test' -o -name docs -o -name interop \) -prune \
      -o "$@" \( -name '*.java' -o -name '*.rs' -o -name '*.toml' -o -name Cargo.lock -o -name pom.xml \
      -o -path '*/src/*' \) -print -quit
  )
}

# Sets class_path when the module is built from the sources that are there now.
is_current() { # is_current MODULE
  local target=$root/$1/target built_in jar rest
  class_path=
  [ -r "$target/run.stamp" ] && [ -r "$target/classpath" ] || return 1
  read -r built_in <"$target/run.stamp" || return 1
  [ "$built_in" = "$root" ] || return 1
  [ -z "$(segue_sources -newer "$target/run.stamp")" ] || return 1
  read -r rest <"$target/classpath" || [ -n "$rest" ] || return 1
  for jar in "$target"/segue-*.jar; do
    class_path=$jar:$rest
  done
  local IFS=:
  for jar in $class_path; do
    [ -e "$jar" ] || return 1
  done
}

build_module() { # build_module MODULE
  local module=$1 target=$root/$1/target maven
  if ! maven=$(command -v mvn); then
    echo "segue: mvn not found (it builds Segue): install Maven 3.8 or newer" >&2
    exit 1
  fi
  mkdir -p "$root/target"
  if command -v flock >/dev/null; then
    exec 8>"$root/target/run.lock"
    if ! flock -n 8; then
      echo "segue: another build is under way, waiting for it" >&2
      flock 8
      if is_current "$module"; then
        exec 8>&-
        return
      fi
    fi
  fi
  echo "segue: building $module" >&2
  [ ! -d "${SEGUE_NATIVES:-}" ] || export SEGUE_NATIVES=$(cd "$SEGUE_NATIVES" && pwd -P)
  # The stamp is as old as the build's start: what is edited meanwhile is newer.
  local stamp=$root/target/run.stamp.$$
  echo "$root" >"$stamp"
  if ! "$maven" -B -f "$root/pom.xml" -pl "$module" -am -Dmaven.test.skip -Dchecks.skip package \
    </dev/null 8>&- | show_progress >&2; then
    rm -f "$stamp"
    echo "segue: the build of $module failed" >&2
    exit 1
  fi
  mkdir -p "$target"
  mv -f "$stamp" "$target/run.stamp"
  if ! is_current "$module"; then
    # Sources that change all the time must not keep anyone from starting what was just built.
    if [ -z "$class_path" ] && ! [ -r "$target/classpath" ]; then
      echo "segue: the build of $module left no class path" >&2
      exit 1
    fi
    class_path=$(echo "$target"/segue-*.jar):$(cat "$target/classpath")
  fi
  exec 8>&-
  if [ "$module" = cli ]; then
    archive_startup
  fi
}

# Half of a short command's time goes into loading classes: the ones that a rehearsal loads are kept for the next start.
# The archive fits the class path that it is dumped with, so it is dumped from a list, without the rehearsal's own class.
archive_startup() {
  local archive=$root/cli/target/startup.jsa work=$root/cli/target/startup
  local java=("$jdk/bin/java" '-Xlog:cds*=off' '-Xlog:aot*=off' --enable-native-access=ALL-UNNAMED)
  rm -rf "$archive" "$work"
  mkdir -p "$work/classes"
  "$jdk/bin/javac" -proc:none -cp "$class_path" -d "$work/classes" "$root/tools/Rehearsal.java" || return 0
  # The processes that it starts write lists as well, each its own.
  "${java[@]}" -XX:DumpLoadedClassList="$work/list.%p" -cp "$class_path:$work/classes" dev.segue.cli.Rehearsal "$work" \
    </dev/null >/dev/null 2>&1 &
  local list=$work/list.pid$!
  wait $! || true
  [ -f "$list" ] || return 0
  if grep -v '^dev/segue/cli/Rehearsal' "$list" >"$work/list" &&
    "${java[@]}" -Xshare:dump -XX:SharedClassListFile="$work/list" -XX:SharedArchiveFile="$archive.$$" -cp "$class_path" \
      </dev/null >/dev/null 2>&1; then
    mv -f "$archive.$$" "$archive"
  fi
  rm -rf "$archive.$$" "$work"
}

show_progress() {
  awk '
    { gsub(/\033\[[0-9;]*m/, "") }
    /^\[INFO\] Building .*\[[0-9]+\/[0-9]+\]$/ { sub(/^\[INFO\] Building /, "  "); sub(/ [0-9][0-9A-Za-z.-]* *\[/, " ["); print; fflush(); next }
    # Of the tests, which this build leaves out.
    /^\[WARNING\] JAR will be empty/ { next }
    # Framed in asterisks: some dependencies are automatic modules.
    /^\[WARNING\] \*/ { next }
    /^\[(ERROR|WARNING)\]/ { if ($0 ~ /^\[ERROR\] *$/ || $0 ~ /\[Help 1\]|re-run Maven|Re-run Maven|For more information/) next; print; fflush(); next }
    /^\[INFO\]|^\[DEBUG\]|^$/ { next }
    { print "  " $0; fflush() }
  '
}
