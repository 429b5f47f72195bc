package io.github.backdoor4j.core.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.DataException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;

class PickleReaderTest {

  private static final PickleReader READER = new PickleReader(PickleReader.numpy());

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  private static Object read(String hex) {
    return READER.read("a.pkl", bytes(hex));
  }

  /** As the script beside the file writes values. */
  private static String text(Object value) {
    if (value instanceof List<?> list) {
      return list.stream().map(PickleReaderTest::text).collect(Collectors.joining(", ", "[", "]"));
    }
    if (value instanceof Map<?, ?> map) {
      return map.entrySet().stream()
          .map(e -> text(e.getKey()) + ": " + text(e.getValue()))
          .collect(Collectors.joining(", ", "{", "}"));
    }
    if (value instanceof byte[] raw) {
      return "b<" + HexFormat.of().formatHex(raw) + ">";
    }
    if (value instanceof NumpyArray array) {
      String shape = Arrays.toString(array.shape()).replace('[', '(').replace(']', ')');
      String elements = HexFormat.of().formatHex(array.bytes());
      return array.dtype() + shape + "<" + elements + ">" + (array.fortranOrder() ? "F" : "");
    }
    return String.valueOf(value);
  }

  @ParameterizedTest(name = "protocol {0}: {2}")
  @CsvFileSource(
      resources = "/pickles.csv",
      delimiter = ';',
      quoteCharacter = '\u0001',
      maxCharsPerColumn = 100_000)
  void pickle_ofPython_holdsWhatPythonPutThere(int protocol, String pickle, String content) {

    assertThat(text(read(pickle))).isEqualTo(content);
  }

  @Test
  void globalThatIsNotAllowed_isNamed_andNotExecuted() {
    // os.system("true"), as pickle.dumps writes an object whose __reduce__ returns that
    byte[] pickle = "\u0080\2cos\nsystem\n(U\4truetR.".getBytes(StandardCharsets.ISO_8859_1);

    assertThatThrownBy(() -> READER.read("evil.pkl", pickle))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("evil.pkl", "os.system", "not allowed", "executed");
  }

  @Test
  void callersGlobalsAndIds_decideWhatCallsMean() {
    PickleReader reader =
        new PickleReader(
            (module, name) ->
                (module + "." + name).equals("collections.OrderedDict")
                    ? Optional.of(new OrderedDict())
                    : Optional.empty(),
            id -> "object " + id);
    // OrderedDict() remembered as 0; {'a': persistent 7}; state 5; and the remembered one again
    String hex =
        "80 02 28 63"
            + HexFormat.of()
                .formatHex("collections\nOrderedDict\n".getBytes(StandardCharsets.ISO_8859_1))
            + "29 52 71 00 55 01 61 4b 07 51 73 4b 05 62 68 00 74 2e";

    assertThat(text(reader.read("torch", bytes(hex))))
        .isEqualTo("[{a: object 7, state: 5}, {a: object 7, state: 5}]");
  }

  private static final class OrderedDict implements PickleReader.Global {
    @Override
    public Object call(List<Object> arguments) {
      return new LinkedHashMap<>();
    }

    @Override
    @SuppressWarnings("unchecked")
    public void build(Object made, Object state) {
      ((Map<Object, Object>) made).put("state", state);
    }
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource({
    "'', another file",
    "28 6c 70 30, another file",
    "80 00 4e 2e, protocol 0",
    "80 06 4e 2e, protocol 6",
    "80 02, 0 are left",
    "80 02 4e, 0 are left",
    "80 02 2e, value that is not there",
    "80 02 4e 4e 2e, 1 values too many",
    "80 02 4e 2e 4e, more bytes follow",
    "80 02 53 27 2e, instruction 0x53",
    "80 02 58 ff ff ff ff 41, claims 4294967295 more bytes",
    "80 02 54 ff ff ff ff 41, claims -1 more bytes",
    "80 04 8e ff ff ff ff ff ff ff 7f, more bytes where 0 are left",
    "80 04 8d 00 00 00 00 01 00 00 00, claims 4294967296 more bytes",
    "80 02 8b 00 00 00 40, integer of 1073741824 bytes",
    "80 02 68 07 2e, recalls value 7",
    "80 02 4e 71 00 30 2e, value that is not there",
    "80 02 74 2e, lacks a mark",
    "80 02 4e 28 85 2e, value that is not there",
    "80 02 4e 4e 61 2e, no list",
    "80 02 7d 28 4e 75 2e, no dict",
    "80 02 7d 5d 4e 73 2e, key that is neither",
    "80 02 4e 29 52 2e, no class or function",
    "80 02 5d 4e 62 2e, not made by a call",
    "80 02 4e 51 2e, outside the pickle",
    "80 02 5d 71 00 68 00 61 2e, contains itself",
    "80 02 63 41, 0 are left",
  })
  void brokenPickle_isRefused_withItsPlace(String hex, String message) {
    assertThatThrownBy(() -> read(hex))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("a.pkl", "at byte", message);
  }

  @Test
  void deepNesting_isRefused_alsoThroughSharedParts() {
    assertThatThrownBy(() -> read("80 02 4e" + "85".repeat(101) + "2e"))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("more than 100 deep");
    assertThat(read("80 02 4e" + "85".repeat(100) + "2e")).isInstanceOf(List.class);
    // x and x again, each of the 40 times: 2^40 leaves for who copies, 40 lists here
    assertThat(read("80 02 4e 85" + "32 86".repeat(40) + "2e")).isInstanceOf(List.class);
    assertThatThrownBy(() -> read("80 02" + "28".repeat(1001) + "2e"))
        .hasMessageContaining("more than 1000 marks");
  }

  @Test
  void millionsOfObjects_areRefused() {
    byte[] pickle = new byte[5_000_000];
    Arrays.fill(pickle, (byte) ']');
    pickle[0] = (byte) 0x80;
    pickle[1] = 2;

    assertThatThrownBy(() -> READER.read("a.pkl", pickle))
        .hasMessageContaining("4,000,000 objects");
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource({
    "u1, 3, do not fit",
    "u1, -1, do not fit",
    "O8, 2, type 'O8'",
    "u0, 2, type 'u0'",
    "V9, 2, type 'V9'",
  })
  void arrayThatDoesNotFit_isRefused(String type, int length, String message) {
    // _reconstruct(ndarray, (0,), 'b') with state (1, (length,), dtype(type), False, 2 bytes)
    String pickle =
        "80 02"
            + global("numpy.core.multiarray\n_reconstruct")
            + global("numpy\nndarray")
            + "4b 00 85 55 01 62 87 52 28 4b 01 4a"
            + HexFormat.of().formatHex(new byte[] {(byte) length})
            + (length < 0 ? "ff ff ff" : "00 00 00")
            + "85"
            + global("numpy\ndtype")
            + "55 02"
            + HexFormat.of().formatHex(type.getBytes(StandardCharsets.ISO_8859_1))
            + "89 88 87 52 89 55 02 61 62 74 62 2e";

    assertThatThrownBy(() -> read(pickle))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(message);
  }

  private static String global(String name) {
    return "63" + HexFormat.of().formatHex((name + "\n").getBytes(StandardCharsets.ISO_8859_1));
  }
}
