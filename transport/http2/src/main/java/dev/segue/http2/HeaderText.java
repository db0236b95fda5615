package dev.segue.http2;

/** Which characters RFC 9110 allows in names, values, methods and targets. */
final class HeaderText {
  private static final boolean[] TOKEN = new boolean[128];

  static {
    for (char c = '0'; c <= 'z'; c++) {
      TOKEN[c] = Character.isLetterOrDigit(c);
    }
    for (char c : "!#$%&'*+-.^_`|~".toCharArray()) {
      TOKEN[c] = true;
    }
  }

  private HeaderText() {}

  static boolean isTokenCharacter(int c) {
    return c >= 0 && c < 128 && TOKEN[c];
  }

  /** A method or a field name. */
  static boolean isToken(CharSequence text) {
    for (int i = 0; i < text.length(); i++) {
      if (!isTokenCharacter(text.charAt(i))) {
        return false;
      }
    }
    return text.length() > 0;
  }

  /** A name as HTTP/2 and 3 have it: a token without capitals. */
  static boolean isLowerCaseName(CharSequence text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 'A' && text.charAt(i) <= 'Z') {
        return false;
      }
    }
    return isToken(text);
  }

  static boolean isValueCharacter(int c) {
    return c == '\t' || (c >= ' ' && c != 0x7F && c <= 0xFF);
  }

  /** A field value: no control characters, no blank at either end. */
  static boolean isValue(CharSequence text) {
    int length = text.length();
    for (int i = 0; i < length; i++) {
      if (!isValueCharacter(text.charAt(i))) {
        return false;
      }
    }
    return length == 0 || (!isBlank(text.charAt(0)) && !isBlank(text.charAt(length - 1)));
  }

  static boolean isBlank(int c) {
    return c == ' ' || c == '\t';
  }

  /** Printable ASCII with no blank: what may stand in a target. */
  static boolean isVisible(CharSequence text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c <= ' ' || c >= 0x7F) {
        return false;
      }
    }
    return true;
  }

  /** An origin-form path, or the asterisk of OPTIONS. */
  static boolean isPath(String method, CharSequence text) {
    return isVisible(text)
        && ((text.length() > 0 && text.charAt(0) == '/')
            || (text.length() == 1 && text.charAt(0) == '*' && method.equals("OPTIONS")));
  }

  /** A host with or without a port; no user, no path. */
  static boolean isAuthority(CharSequence text) {
    for (int i = 0; i < text.length(); i++) {
      if ("@/\\?#\"<>^`{|}".indexOf(text.charAt(i)) >= 0) {
        return false;
      }
    }
    return isVisible(text);
  }
}
