package dev.segue.gateway;

import dev.segue.bytes.PoolExhaustedException;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.ReadLimits;
import dev.segue.capnproto.dynamic.MessageFormat;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.capnproto.topic.TopicSchemas;
import dev.segue.http2.Headers;
import dev.segue.zenoh.KeyExpr;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * Answers {@code GET /topics/KEY?as=json} with the newest message as JSON, by the schema that is
 * published beside the topic.
 */
final class MessageAnswer {
  private static final MessageFormat FORMAT =
      MessageFormat.json().withData(MessageFormat.DataStyle.SUMMARY).withMaxCharCount(1 << 22);

  private final GatewayExchange call;
  private final KeyExpr key;
  private final Topics topics;
  private final MessageTypes types;
  private final PictureMaker maker;

  private MessageAnswer(
      GatewayExchange call, KeyExpr key, Topics topics, MessageTypes types, PictureMaker maker) {
    this.call = call;
    this.key = key;
    this.topics = topics;
    this.types = types;
    this.maker = maker;
  }

  /** Returns whether a request asks for it. */
  static boolean isAskedFor(Target target) {
    return target.query("as", "").equals("json");
  }

  /**
   * Answers, later.
   *
   * @param blocking where to wait for the schema
   */
  static void answer(
      GatewayExchange call,
      KeyExpr key,
      Topics topics,
      MessageTypes types,
      PictureMaker maker,
      Executor blocking) {
    MessageAnswer answer = new MessageAnswer(call, key, topics, types, maker);
    blocking.execute(answer::findType);
  }

  private void findType() {
    try {
      Topic topic = topics.find(key).orElse(null);
      Metadata last = topic == null ? null : topic.figures().last();
      if (last == null) {
        call.respondText(404, Headers.empty(), key + ": no value seen");
        return;
      }
      Optional<MessageType> type = types.await(key, last.encoding());
      if (type.isEmpty()) {
        notThere();
      } else {
        // Where pictures are made: clients take turns at what takes a while.
        maker.threads(call.client()).execute(() -> respond(type.get()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      call.fail("message of " + key, e);
    } catch (HttpException e) {
      call.refuse(e);
    } catch (Throwable e) {
      call.fail("message of " + key, e);
    }
  }

  private void notThere() {
    call.respondText(
        415, Headers.empty(), key + ": no message whose schema is published beside the topic");
  }

  private void respond(MessageType type) {
    if (call.isOver()) {
      return; // Its turn came after it had gone.
    }
    Topic.Newest newest =
        topics
            .find(key)
            .map(topic -> topic.lendNewest(call.client()))
            .orElse(new Topic.Newest(Optional.empty(), false));
    try (LentSample lent = newest.lent().orElse(null)) {
      if (lent == null) {
        if (newest.refused()) {
          throw busy("clients hold as many bytes of samples as they may");
        }
        call.respondText(404, Headers.empty(), key + ": no value seen");
      } else if (!TopicSchemas.isOf(lent.metadata().encoding(), type)) {
        notThere(); // It changed meanwhile.
      } else {
        call.respondMade("application/json", text(lent, type));
      }
    } catch (CapnProtoException e) {
      call.respondText(415, Headers.empty(), key + ": no message of its type: " + e.getMessage());
    } catch (PoolExhaustedException e) {
      call.refuse(busy("no memory for a message now"));
    } catch (HttpException e) {
      call.refuse(e);
    } catch (Throwable e) {
      call.fail("message of " + key, e);
    }
  }

  private static HttpException busy(String why) {
    return new HttpException(503, why, Headers.of("retry-after", "1"));
  }

  private String text(LentSample lent, MessageType type) throws CapnProtoException {
    try (MessageView view = MessageView.of(lent.payload(), ReadLimits.defaults(), maker.memory())) {
      return type.toText(view, FORMAT);
    }
  }
}
