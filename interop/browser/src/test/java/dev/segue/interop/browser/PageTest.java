package dev.segue.interop.browser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.gateway.GatewayOptions;
import dev.segue.gateway.ObjectRoot;
import dev.segue.zenoh.KeyExpr;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The gateway's page as a person sees it: screenshots are looked into. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class PageTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Color ACCENT = new Color(0x0f766e);

  private static @Nullable Robot someRobot;
  private static @Nullable Site someSite;
  private static @Nullable Chromium someBrowser;

  @BeforeAll
  static void open() throws Exception {
    boolean installed = Chromium.isInstalled();
    assertTrue(installed || System.getenv("CI") == null, "CI installs chromium and its driver");
    Assumptions.assumeTrue(installed, "skipped: no chromedriver (package chromium-driver)");
    Robot robot = Robot.open();
    someRobot = robot;
    someSite = Site.open(robot, options -> options);
    robot.begin();
    someBrowser = Chromium.start();
  }

  @AfterAll
  static void close() throws Exception {
    try (Robot _ = someRobot;
        Site _ = someSite;
        Chromium _ = someBrowser) {
      // what there is
    }
  }

  private static Robot robot() {
    return Objects.requireNonNull(someRobot);
  }

  private static Site site() {
    return Objects.requireNonNull(someSite);
  }

  private static Chromium browser() {
    return Objects.requireNonNull(someBrowser);
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void until(String what, Condition condition) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      assertTrue(System.nanoTime() - deadline < 0, () -> "waited in vain for " + what);
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private static void untilHolds(String condition) throws Exception {
    until(condition, () -> browser().holds(condition));
  }

  /** A page of its own for each test, as one would open it. */
  private static void visit(String address) throws Exception {
    browser().size(1600, 1000);
    browser().dark(false);
    browser().open("about:blank");
    browser().errors();
    browser().open(address);
  }

  private static void visitTopics() throws Exception {
    visit(site().address());
    untilHolds("document.querySelectorAll('#rows tr').length === 9");
  }

  /** As a click on the topic's name does. */
  private static void choose(String key) throws Exception {
    browser()
        .run(
            "[...document.querySelectorAll('#rows a')]"
                + ".find(link => link.textContent === arguments[0]).click()",
            key);
    untilHolds("!document.getElementById('details').hidden");
  }

  private static void assertNoErrors() throws Exception {
    assertEquals(List.of(), browser().errors());
  }

  /** The color in the middle of an element, as a person sees it. */
  private static Color colorOf(String selector, String screenshot) throws Exception {
    List<?> at =
        (List<?>)
            Objects.requireNonNull(
                browser()
                    .run(
                        "const box = document.querySelector(arguments[0]).getBoundingClientRect();"
                            + "return [box.x + box.width / 2, box.y + box.height / 2]",
                        selector));
    BufferedImage seen = browser().screenshot(screenshot);
    int x = ((Double) Objects.requireNonNull(at.get(0))).intValue();
    int y = ((Double) Objects.requireNonNull(at.get(1))).intValue();
    return new Color(seen.getRGB(x, y));
  }

  /** Neither JPEG nor YUV is exact. */
  private static boolean isNear(Color a, Color b) {
    return Math.abs(a.getRed() - b.getRed()) <= 8
        && Math.abs(a.getGreen() - b.getGreen()) <= 8
        && Math.abs(a.getBlue() - b.getBlue()) <= 8;
  }

  @Test
  void topicsAreListedWithTheirFigures() throws Exception {
    visitTopics();
    assertEquals(
        "h2", browser().text("performance.getEntriesByType('navigation')[0].nextHopProtocol"));
    for (String key : List.of(Robot.FILE, Robot.BGR, Robot.POSE, Robot.HOSTILE)) {
      browser()
          .run(
              "window.row = [...document.querySelectorAll('#rows tr')]"
                  + ".find(row => row.querySelector('a').textContent === arguments[0])",
              key);
      untilHolds("parseFloat(row.children[2].textContent) > 1");
      untilHolds("/^[0-9.]+\\u202f[kM]?B\\/s$/.test(row.children[3].textContent)");
      untilHolds("/^[0-9.]+\\u202f(µs|ms|s)$/.test(row.children[4].textContent)");
    }
    assertEquals("Live", browser().text("document.getElementById('state').textContent"));
    browser().screenshot("list");
    assertNoErrors();
  }

  @ParameterizedTest
  @ValueSource(strings = {Robot.FILE, Robot.BGR, Robot.RGBA, Robot.NV12, Robot.WRAPPED})
  void aCameraIsSeenLive(String key) throws Exception {
    visitTopics();
    choose(key);
    String name = "camera-" + key.substring(key.lastIndexOf('/') + 1);
    for (Color color : List.of(new Color(20, 160, 60), new Color(60, 70, 220), Color.ORANGE)) {
      robot().paint(color);
      until(key + " in " + color, () -> isNear(color, colorOf(".camera img", name)));
    }
    untilHolds("document.querySelector('.camera figcaption').textContent.startsWith('320 × 180')");
    assertNoErrors();
  }

  @Test
  void clearTextDoesAsWell() throws Exception {
    try (Site clear = Site.open(robot(), _ -> GatewayOptions.defaults())) {
      visit("http://localhost:" + clear.port() + "/");
      untilHolds("document.querySelectorAll('#rows tr').length === 9");
      assertEquals(
          "http/1.1",
          browser().text("performance.getEntriesByType('navigation')[0].nextHopProtocol"));
      choose(Robot.RGBA);
      Color color = new Color(10, 120, 140);
      robot().paint(color);
      until("the color", () -> isNear(color, colorOf(".camera img", "camera-clear")));
      assertNoErrors();
    }
  }

  @Test
  void beyondThisMachineACameraComesAsJpeg() throws Exception {
    try (Site far = Site.open(robot(), options -> options.hosts(List.of(Chromium.OTHER_HOST)))) {
      visit("https://" + Chromium.OTHER_HOST + ":" + far.port() + "/");
      untilHolds("document.querySelectorAll('#rows tr').length === 9");
      choose(Robot.NV12);
      assertTrue(browser().holds("document.querySelector('.camera img').src.includes('as=jpeg')"));
      Color color = new Color(90, 20, 200);
      robot().paint(color);
      until("the color", () -> isNear(color, colorOf(".camera img", "camera-far")));
      assertNoErrors();
    }
  }

  @Test
  void aCameraThatIsLeftIsNotSentOn() throws Exception {
    visitTopics();
    choose(Robot.RGBA);
    until("a stream", () -> site().gateway().streamCount() == 1);
    choose(Robot.FILE);
    untilHolds("document.querySelector('.camera img').naturalWidth > 0");
    until("one stream", () -> site().gateway().streamCount() == 1);
    browser().run("document.querySelector('.camera button').click()");
    until("no stream while it pauses", () -> site().gateway().streamCount() == 0);
    assertTrue(browser().holds("document.querySelector('.camera img').naturalWidth === 320"));
    browser().run("document.querySelector('.camera button').click()");
    until("a stream again", () -> site().gateway().streamCount() == 1);
    hide(true);
    until("no stream for a page that nobody sees", () -> site().gateway().streamCount() == 0);
    hide(false);
    until("a stream for one who looks", () -> site().gateway().streamCount() == 1);
    browser().run("document.querySelector('.close').click()");
    until("no stream", () -> site().gateway().streamCount() == 0);
    assertTrue(browser().holds("document.getElementById('details').hidden"));
    assertNoErrors();
  }

  /** As if another tab was looked at: without a window there is none. */
  private static void hide(boolean hidden) throws Exception {
    browser()
        .run(
            "Object.defineProperty(document, 'hidden',"
                + " {value: arguments[0] === 'true', configurable: true});"
                + "document.dispatchEvent(new Event('visibilitychange'))",
            Boolean.toString(hidden));
  }

  @Test
  void latenciesAreDrawn() throws Exception {
    visitTopics();
    choose(Robot.RGBA);
    untilHolds("document.querySelectorAll('.histogram .bar').length > 0");
    assertTrue(browser().text("document.querySelector('.histogram').textContent").contains("p50"));
    assertTrue(
        browser()
            .text("document.querySelector('.histogram').getAttribute('aria-label')")
            .startsWith("Histogram of the latency of "));
    // The chart is drawn anew each second: the tallest bar may be another one meanwhile.
    until(
        "a bar's color",
        () -> {
          browser()
              .run(
                  "const bars = [...document.querySelectorAll('.histogram .bar')];"
                      + "bars.sort((a, b) => b.getAttribute('height') - a.getAttribute('height'));"
                      + "bars[0].classList.add('tallest')");
          return isNear(ACCENT, colorOf(".histogram .tallest", "latency"));
        });
    assertNoErrors();
  }

  @Test
  void whatOthersNamedIsTextAndNothingElse() throws Exception {
    visitTopics();
    choose(Robot.HOSTILE);
    assertEquals(Robot.HOSTILE, browser().text("document.querySelector('h2 bdi').textContent"));
    untilHolds("document.querySelector('.payload pre').textContent.includes('script')");
    assertEquals(
        Robot.HOSTILE_TEXT, browser().text("document.querySelector('.payload pre').textContent"));
    assertTrue(
        browser().text("document.querySelector('dl').textContent").contains("<b onclick=\""));
    assertEquals("Segue", browser().text("document.title"));
    assertEquals("1", browser().text("document.scripts.length"));
    assertFalse(browser().holds("document.querySelector('#owned, main b, td img, [onclick]')"));
    browser().screenshot("hostile");
    assertNoErrors();
  }

  @ParameterizedTest
  @CsvSource({
    Robot.POSE + ",'\"x\": 1.5'",
    Robot.CLOUD + ",'\"pointCount\": 3'",
    Robot.BYTES + ",'0010  00 00'"
  })
  void theNewestPayloadIsShown(String key, String part) throws Exception {
    visitTopics();
    choose(key);
    until(
        "the payload",
        () -> browser().text("document.querySelector('.payload pre').textContent").contains(part));
    String before = browser().text("document.querySelector('.payload pre').textContent");
    if (key.equals(Robot.POSE)) {
      until(
          "another one",
          () ->
              !browser().text("document.querySelector('.payload pre').textContent").equals(before));
    }
    if (key.equals(Robot.CLOUD)) {
      untilHolds(
          "[...document.querySelectorAll('.plot option')].some(o => o.value === 'pointCount')");
      untilHolds("document.querySelector('.plot polyline')?.getAttribute('points').length > 20");
    }
    browser().screenshot("payload-" + key.substring(key.lastIndexOf('/') + 1));
    assertNoErrors();
  }

  @Test
  void topicsAreFilteredAndSorted() throws Exception {
    visitTopics();
    browser()
        .run(
            "const filter = document.getElementById('filter');"
                + "filter.value = 'CAMERA';"
                + "filter.dispatchEvent(new Event('input'))");
    assertEquals("5", browser().text("document.querySelectorAll('#rows tr').length"));
    browser().run("document.querySelectorAll('thead button')[6].click()");
    assertEquals(Robot.RGBA, browser().text("document.querySelector('#rows a').textContent"));
    browser().run("document.querySelectorAll('thead button')[6].click()");
    assertTrue(browser().text("document.querySelector('#rows a').textContent").contains("e"));
    assertEquals(
        "ascending",
        browser().text("document.querySelectorAll('thead th')[6].getAttribute('aria-sort')"));
    assertNoErrors();
  }

  @Test
  void theKeyboardIsEnough() throws Exception {
    visitTopics();
    browser().run("document.getElementById('filter').focus()");
    until(
        "the first topic to have the focus",
        () -> {
          browser().press(Chromium.TAB);
          return browser().holds("document.activeElement.closest('#rows')");
        });
    browser().press(Chromium.ENTER);
    untilHolds("document.activeElement.id === 'details-key'");
    browser().press(Chromium.TAB);
    browser().press(Chromium.ENTER);
    untilHolds("document.getElementById('details').hidden");
    choose(Robot.BYTES);
    browser().press(Chromium.ESCAPE);
    untilHolds("document.getElementById('details').hidden");
    assertNoErrors();
  }

  @ParameterizedTest
  @ValueSource(ints = {320, 400, 768, 1180, 1600})
  void itFits(int width) throws Exception {
    visitTopics();
    browser().size(width, 850);
    assertFits(width);
    browser().screenshot("list-" + width);
    for (String key : List.of(Robot.HOSTILE, Robot.NV12)) {
      choose(key);
      untilHolds("document.querySelectorAll('.histogram .bar').length > 0");
      assertFits(width);
    }
    browser().screenshot("details-" + width);
  }

  private static void assertFits(int width) throws Exception {
    assertTrue(
        browser().holds("document.documentElement.scrollWidth <= " + width),
        () -> "it is wider than " + width);
  }

  @Test
  void theDarkIsDark() throws Exception {
    visitTopics();
    choose(Robot.BGR);
    browser().dark(true);
    untilHolds("document.querySelectorAll('.histogram .bar').length > 0");
    BufferedImage seen = browser().screenshot("dark");
    assertTrue(isNear(new Color(0x0f1418), new Color(seen.getRGB(3, 500))));
    assertTrue(isNear(new Color(0x0f1418), new Color(seen.getRGB(800, 995))));
  }

  @Test
  void aLostConnectionIsSaidAndFoundAgain() throws Exception {
    Site other = Site.open(robot(), options -> options);
    int port = other.port();
    try (other) {
      visit(other.address());
      untilHolds("document.querySelectorAll('#rows tr').length === 9");
      choose(Robot.BGR);
      untilHolds("document.querySelector('.camera img').naturalWidth > 0");
    }
    untilHolds("!document.getElementById('lost').hidden");
    assertEquals("Connection lost", browser().text("document.getElementById('state').textContent"));
    browser().screenshot("lost");
    try (Site _ = Site.open(robot(), Site.at(port))) {
      untilHolds("document.getElementById('state').dataset.state === 'live'");
      assertTrue(browser().holds("document.getElementById('lost').hidden"));
      Color color = new Color(150, 30, 120);
      robot().paint(color);
      until("the camera", () -> isNear(color, colorOf(".camera img", "found")));
    }
  }

  @Test
  void aTokenIsAskedFor() throws Exception {
    try (Site locked = Site.open(robot(), options -> options.token("open sesame"))) {
      visit(locked.address());
      untilHolds("!document.getElementById('locked').hidden");
      untilHolds("document.activeElement.id === 'token'");
      enter("wrong");
      untilHolds("document.getElementById('refused').textContent === 'This is not the token.'");
      browser().screenshot("locked");
      browser().errors(); // 401
      enter("open sesame");
      untilHolds("document.querySelectorAll('#rows tr').length === 9");
      assertEquals("", browser().text("document.cookie"));
      choose(Robot.RGBA);
      untilHolds("document.querySelector('.camera img').naturalWidth === 320");
      assertNoErrors();
    }
  }

  private static void enter(String token) throws Exception {
    browser()
        .run(
            "document.getElementById('token').value = arguments[0];"
                + "document.getElementById('unlock').requestSubmit()",
            token);
  }

  @Test
  void withoutTopicsItSaysWhatToDo() throws Exception {
    try (Robot silent = Robot.open();
        Site site = Site.open(silent, options -> options)) {
      visit(site.address());
      untilHolds("!document.getElementById('empty').hidden");
      browser().screenshot("empty");
      silent.begin();
      untilHolds("document.querySelectorAll('#rows tr').length === 9");
      assertTrue(browser().holds("document.getElementById('empty').hidden"));
      assertNoErrors();
    }
  }

  @Test
  void aWebSocketOfThePageCarriesSamplesBothWays() throws Exception {
    try (Site writable =
        Site.open(
            robot(),
            options -> options.token("secret").writable(List.of(KeyExpr.of("robot/reply"))))) {
      visit(writable.address() + "?token=secret");
      untilHolds("document.querySelectorAll('#rows tr').length === 9");
      browser()
          .run(
              """
              window.texts = [];
              window.poses = 0;
              window.replies = 0;
              const socket = new WebSocket(location.href.replace(/^http/, 'ws'), 'segue.v1');
              socket.binaryType = 'arraybuffer';
              socket.onopen = () => {
                for (const [id, key] of [[1, 'robot/pose'], [2, 'robot/reply']]) {
                  socket.send(JSON.stringify({ op: 'subscribe', id, key }));
                }
                const metadata = new TextEncoder().encode('{"key":"robot/reply","id":7}');
                const frame = new Uint8Array(16 + metadata.length + 3);
                new DataView(frame.buffer).setUint32(0, metadata.length, true);
                frame[8] = 3;
                frame.set(metadata, 16);
                frame.set([1, 2, 3], 16 + metadata.length);
                socket.send(frame);
              };
              socket.onmessage = ({ data }) => {
                if (typeof data === 'string') return texts.push(data);
                const size = new DataView(data).getUint32(0, true);
                const text = new TextDecoder().decode(new Uint8Array(data, 16, size));
                const { subscription } = JSON.parse(text);
                if (subscription === 1) poses++;
                if (subscription === 2 && data.byteLength === 16 + size + 3) replies++;
              };
              """);
      untilHolds("poses > 3 && replies > 0");
      untilHolds("texts.some(each => each.includes('\"op\":\"published\"'))");
      assertNoErrors();
    }
  }

  @Test
  void objectsAreListedNumbersPlottedAndTextsPublished(@TempDir Path folder) throws Exception {
    Files.createDirectories(folder.resolve("recordings"));
    Files.writeString(folder.resolve("recordings/monday.mcap"), "0123456789");
    try (Site writable =
        Site.open(
            robot(),
            options ->
                options
                    .writable(List.of(KeyExpr.of("robot/**")))
                    .roots(List.of(new ObjectRoot("files", folder.toUri().toString(), true))))) {
      visit(writable.address());
      untilHolds("document.querySelectorAll('#rows tr').length === 9");
      untilHolds("document.querySelector('#objects li button')?.textContent === 'files'");
      browser().run("document.querySelector('#objects li button').click()");
      untilHolds(
          "document.querySelectorAll('#objects li button')[1]?.textContent === 'recordings/'");
      browser().run("document.querySelectorAll('#objects li button')[1].click()");
      untilHolds("document.querySelector('#objects li a')?.textContent === 'monday.mcap'");
      choose(Robot.POSE);
      untilHolds("document.querySelectorAll('.plot option').length === 2");
      untilHolds("document.querySelector('.plot polyline')?.getAttribute('points').length > 20");
      browser().run("document.querySelector('.publish textarea').value = '{\"x\":'");
      browser().run("document.querySelector('.publish button').click()");
      untilHolds("document.querySelector('.publish .note').textContent.startsWith('This is not')");
      browser().run("document.querySelector('.publish textarea').value = '{\"x\":2}'");
      browser().run("document.querySelector('.publish button').click()");
      untilHolds("document.querySelector('.publish .note').textContent.startsWith('Taken')");
      browser().screenshot("objects");
      assertNoErrors();
    }
  }
}
