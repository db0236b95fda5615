package dev.segue.zenoh;

import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which messages a session lets through its links, by key, kind, direction, and identity of the
 * other end. Other messages are dropped, and the other end isn't notified. Messages within the
 * session are not affected.
 *
 * @param defaultPermission for messages that match no rule
 * @param rules what is allowed or denied, by their ids
 * @param subjects identities of the other end, by their ids
 * @param policies which rules apply to which subjects; a rule without a policy has no effect
 */
public record AccessControl(
    Permission defaultPermission, List<Rule> rules, List<Subject> subjects, List<Policy> policies) {
  /** Lets a message through, or not. */
  public enum Permission {
    /** It does. */
    ALLOW,
    /** It is dropped; of several rules that match, this one counts. */
    DENY
  }

  /** The kinds of messages that rules apply to. */
  public enum Message {
    /** A sample with a new value. */
    PUT,
    /** A sample that deletes a value. */
    DELETE,
    /** A subscriber. */
    DECLARE_SUBSCRIBER,
    /** A query. */
    QUERY,
    /** A queryable. */
    DECLARE_QUERYABLE,
    /** An answer to a query. */
    REPLY,
    /** A token of liveliness. */
    LIVELINESS_TOKEN,
    /** A subscriber of tokens. */
    DECLARE_LIVELINESS_SUBSCRIBER,
    /** A query for tokens. */
    LIVELINESS_QUERY
  }

  /**
   * Allows or denies messages.
   *
   * @param id a name, for policies
   * @param permission whether they go through
   * @param messages their kinds, one at least
   * @param flows the directions; none for both
   * @param keyExprs their keys, one at least
   */
  public record Rule(
      String id,
      Permission permission,
      Set<Message> messages,
      Set<InterceptorFlow> flows,
      List<KeyExpr> keyExprs) {
    /** Keeps them as they are now. */
    public Rule {
      if (messages.isEmpty() || keyExprs.isEmpty()) {
        throw new IllegalArgumentException(
            "rule id="
                + id
                + " of messageCount="
                + messages.size()
                + " keyExprCount="
                + keyExprs.size());
      }
      messages = Collections.unmodifiableSet(EnumSet.copyOf(messages));
      flows = Set.copyOf(flows);
      keyExprs = List.copyOf(keyExprs);
    }

    /** Allows messages of a key, both ways. */
    public static Rule allow(String id, KeyExpr keyExpr, Message first, Message... more) {
      return new Rule(id, Permission.ALLOW, EnumSet.of(first, more), Set.of(), List.of(keyExpr));
    }

    /** Denies messages of a key, both ways. */
    public static Rule deny(String id, KeyExpr keyExpr, Message first, Message... more) {
      return new Rule(id, Permission.DENY, EnumSet.of(first, more), Set.of(), List.of(keyExpr));
    }

    /** One way only. */
    public Rule flow(InterceptorFlow value) {
      return new Rule(id, permission, messages, Set.of(value), keyExprs);
    }

    String json() {
      return new JsonFields()
          .withText("id", id)
          .withText("permission", JsonFields.name(permission))
          .withNames("messages", messages)
          .withNames("flows", flows)
          .withTexts("key_exprs", keyExprs)
          .toString();
    }
  }

  /**
   * The node at the other end of a link: any that fits each list that isn't empty.
   *
   * @param id a name, for policies
   * @param certCommonNames the common names of certificates, {@link TlsConfig#mtls}
   * @param usernames names, {@link Config#userPassword}
   * @param interfaces this side's network interfaces
   * @param linkProtocols what the link goes over
   * @param zids ids of nodes, which they give themselves
   */
  public record Subject(
      String id,
      List<String> certCommonNames,
      List<String> usernames,
      List<String> interfaces,
      Set<LinkProtocol> linkProtocols,
      List<ZenohId> zids) {
    /** Keeps them as they are now. */
    public Subject {
      certCommonNames = List.copyOf(certCommonNames);
      usernames = List.copyOf(usernames);
      interfaces = List.copyOf(interfaces);
      linkProtocols = Set.copyOf(linkProtocols);
      zids = List.copyOf(zids);
    }

    /** Anybody. */
    public static Subject anybody(String id) {
      return new Subject(id, List.of(), List.of(), List.of(), Set.of(), List.of());
    }

    /** Matches a peer whose certificate has one of these common names. */
    public static Subject certificate(String id, String... commonNames) {
      return new Subject(id, List.of(commonNames), List.of(), List.of(), Set.of(), List.of());
    }

    /** Matches a peer that logged in with one of these user names. */
    public static Subject user(String id, String... usernames) {
      return new Subject(id, List.of(), List.of(usernames), List.of(), Set.of(), List.of());
    }

    String json() {
      return new JsonFields()
          .withText("id", id)
          .withTexts("cert_common_names", certCommonNames)
          .withTexts("usernames", usernames)
          .withTexts("interfaces", interfaces)
          .withNames("link_protocols", linkProtocols)
          .withTexts("zids", zids)
          .toString();
    }
  }

  /**
   * Says whose rules are which.
   *
   * @param rules ids of rules
   * @param subjects ids of subjects
   */
  public record Policy(List<String> rules, List<String> subjects) {
    /** Keeps them as they are now. */
    public Policy {
      rules = List.copyOf(rules);
      subjects = List.copyOf(subjects);
    }

    String json() {
      return new JsonFields()
          .with("rules", JsonFields.list(rules))
          .with("subjects", JsonFields.list(subjects))
          .toString();
    }
  }

  /** Keeps them as they are now. */
  public AccessControl {
    rules = List.copyOf(rules);
    subjects = List.copyOf(subjects);
    policies = List.copyOf(policies);
  }

  /** Denies all but what rules allow. */
  public static AccessControl denyByDefault() {
    return new AccessControl(Permission.DENY, List.of(), List.of(), List.of());
  }

  /** Allows all but what rules deny. */
  public static AccessControl allowByDefault() {
    return new AccessControl(Permission.ALLOW, List.of(), List.of(), List.of());
  }

  /** With rules for a subject more. */
  public AccessControl policy(Subject subject, Rule... of) {
    return new AccessControl(
        defaultPermission,
        with(rules, List.of(of)),
        with(subjects, List.of(subject)),
        with(
            policies,
            List.of(new Policy(Stream.of(of).map(Rule::id).toList(), List.of(subject.id())))));
  }

  private static <T> List<T> with(List<T> known, List<T> more) {
    return Stream.concat(known.stream(), more.stream()).distinct().toList();
  }

  String json() {
    return new JsonFields()
        .with("enabled", "true")
        .withText("default_permission", JsonFields.name(defaultPermission))
        // The core denies nothing by default where one of them is missing.
        .with("rules", list(rules, Rule::json))
        .with("subjects", list(subjects, Subject::json))
        .with("policies", list(policies, Policy::json))
        .toString();
  }

  private static <T> String list(Collection<T> values, Function<T, String> json) {
    return values.stream().map(json).collect(Collectors.joining(",", "[", "]"));
  }
}
