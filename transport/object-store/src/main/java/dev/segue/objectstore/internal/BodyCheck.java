package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.checksum.ContentCheck;
import dev.segue.objectstore.checksum.Pieces;
import dev.segue.objectstore.checksum.StoredChecksum;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Checks the body of one response against the checksum that its head tells. */
sealed interface BodyCheck extends Consumer<ByteBuffer> {
  /** By what the head tells, or null if that is nothing to check by. */
  static @Nullable BodyCheck of(GetAnswer head) {
    StoredChecksum crc = head.stored();
    if (crc != null) {
      Pieces pieces = new Pieces(crc.crc());
      return new ByCrc(crc, pieces, pieces.from(0));
    }
    String sha256 = head.sha256();
    return sha256 == null || sha256.contains("-") ? null : new BySha256(sha256, sha256());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** All bytes were seen; fails with reason {@code CORRUPT} if they are others. */
  CompletableFuture<Void> end(ObjectInfo info, RemoteObjects objects);

  /** The checksums of parts, too: then their size is asked for. */
  record ByCrc(StoredChecksum stored, Pieces pieces, Pieces.Recorder recorder)
      implements BodyCheck {
    @Override
    public void accept(ByteBuffer bytes) {
      recorder.accept(bytes);
    }

    @Override
    public CompletableFuture<Void> end(ObjectInfo info, RemoteObjects objects) {
      recorder.end();
      return objects
          .withParts(info, stored)
          .thenAccept(
              whole -> {
                try {
                  new ContentCheck(whole, info.byteSize(), pieces).pass(0, info.byteSize());
                } catch (ObjectStoreException e) {
                  throw new CompletionException(e);
                }
              });
    }
  }

  /** SHA-256, which others may have stored objects with. */
  record BySha256(String stored, MessageDigest digest) implements BodyCheck {
    @Override
    public void accept(ByteBuffer bytes) {
      digest.update(bytes.duplicate());
    }

    @Override
    public CompletableFuture<Void> end(ObjectInfo info, RemoteObjects objects) {
      String computed = Base64.getEncoder().encodeToString(digest.digest());
      return computed.equals(stored)
          ? CompletableFuture.completedFuture(null)
          : CompletableFuture.failedFuture(
              StoredChecksum.mismatch("SHA256", computed, stored, info.byteSize()));
    }
  }
}
