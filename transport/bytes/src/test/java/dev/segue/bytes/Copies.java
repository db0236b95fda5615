package dev.segue.bytes;

/** What an action added to the copy ledger. */
final class Copies {
  private Copies() {}

  static CopyLedger.Snapshot during(Runnable action) {
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    action.run();
    return CopyLedger.snapshot().since(before);
  }
}
