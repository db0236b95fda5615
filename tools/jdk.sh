# Sourced by the launcher and its tools. find_jdk sets `jdk` to the home of a JDK of the version that
# the build asks for; asking the `release` files is much faster than starting each java.

segue_java_version=25

is_new_enough() { # is_new_enough HOME
  local line version
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
  while IFS= read -r line; do
    case $line in
      JAVA_VERSION=*)
        version=${line#JAVA_VERSION=}
        version=${version//\"/}
        version=${version%%[!0-9]*}
        [ "${version:-0}" -ge "$segue_java_version" ]
        return
        ;;
    esac
  done <"$1/release"
  return 1
}

find_jdk() {
  local candidate on_path
  if [ -n "${JAVA_HOME:-}" ] && is_new_enough "$JAVA_HOME"; then
    jdk=$JAVA_HOME
    return
  fi
  if on_path=$(command -v java); then
    while [ -L "$on_path" ]; do
      candidate=$(readlink "$on_path")
      case $candidate in
        /*) on_path=$candidate ;;
        *) on_path=${on_path%/*}/$candidate ;;
      esac
    done
    candidate=${on_path%/bin/java}
    if is_new_enough "$candidate"; then
      jdk=$candidate
      return
    fi
  fi
  for candidate in \
    /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /usr/local/java/* /opt/java/* /opt/*jdk* /opt/*java* \
    "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* "$HOME"/.jenv/versions/* \
    "$HOME"/.asdf/installs/java/* "$HOME"/.local/share/mise/installs/java/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home \
    "$HOME"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
    if is_new_enough "$candidate"; then
      jdk=$candidate
      return
    fi
  done
  echo "segue: no JDK $segue_java_version or newer found (tried JAVA_HOME, java on PATH, the usual directories): install one" >&2
  exit 1
}
