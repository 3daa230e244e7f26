package exchange;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Paths;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import org.apache.parquet.crypto.FileEncryptionProperties;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.example.GroupReadSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.schema.MessageType;

/**
 * Seals a plain Parquet file with parquet-java alone, without Spark and without a KMS client.
 *
 * <p><code>java -cp … exchange.Seal pupils.parquet sealed.parquet KID N E</code>, the last three as they stand in the
 * drop key. The first file must not outlive this: it is not sealed. Needs parquet-hadoop 1.13 or later.
 */
public final class Seal {
  private static final OAEPParameterSpec OAEP =
      new OAEPParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, PSource.PSpecified.DEFAULT);

  /** For the <code>withEncryption</code> of any ParquetWriter.Builder. One file, one call: the key is drawn here. */
  public static FileEncryptionProperties properties(String kid, PublicKey drop) throws GeneralSecurityException {
    byte[] dataKey = new byte[32];
    new SecureRandom().nextBytes(dataKey);
    Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPPadding");
    cipher.init(Cipher.ENCRYPT_MODE, drop, OAEP);
    String wrapped = Base64.getEncoder().encodeToString(cipher.doFinal(dataKey));
    String material =
        "{\"keyMaterialType\":\"PKMT1\",\"internalStorage\":true,\"isFooterKey\":true,\"doubleWrapping\":false,"
            + "\"masterKeyID\":\"" + kid + "\",\"wrappedDEK\":\"" + wrapped + "\"}";
    return FileEncryptionProperties.builder(dataKey)
        .withFooterKeyMetadata(material.getBytes(StandardCharsets.UTF_8))
        .build();
  }

  public static void main(String[] args) throws Exception {
    LocalInputFile plain = new LocalInputFile(Paths.get(args[0]));
    MessageType schema;
    try (ParquetFileReader reader = ParquetFileReader.open(plain)) {
      schema = reader.getFooter().getFileMetaData().getSchema();
    }
    RSAPublicKeySpec numbers = new RSAPublicKeySpec(number(args[3]), number(args[4]));
    PublicKey drop = KeyFactory.getInstance("RSA").generatePublic(numbers);
    try (ParquetReader<Group> rows = new Reading(plain).build();
        ParquetWriter<Group> sealed =
            ExampleParquetWriter.builder(new LocalOutputFile(Paths.get(args[1])))
                .withType(schema)
                .withCompressionCodec(CompressionCodecName.ZSTD)
                .withEncryption(properties(args[2], drop))
                .build()) {
      for (Group row = rows.read(); row != null; row = rows.read()) {
        sealed.write(row);
      }
    }
  }

  private static final class Reading extends ParquetReader.Builder<Group> {
    Reading(LocalInputFile file) {
      super(file);
    }

    @Override
    protected GroupReadSupport getReadSupport() {
      return new GroupReadSupport();
    }
  }

  private static BigInteger number(String text) {
    return new BigInteger(1, Base64.getUrlDecoder().decode(text));
  }
}
