import java.sql.*;

/** Logs in over JDBC: java -cp DRIVER Connect.java URL USER PASSWORD. Prints "ok" and the TLS version, or what was thrown. */
public class Connect {
    public static void main(String[] arguments) throws Exception {
        try (Connection connection = DriverManager.getConnection(arguments[0], arguments[1], arguments[2])) {
            ResultSet rows = connection.createStatement().executeQuery("SHOW STATUS LIKE 'Ssl_version'");
            rows.next();
            System.out.println("ok " + rows.getString(2));
        } catch (SQLException exception) {
            for (Throwable cause = exception; cause != null; cause = cause.getCause())
                System.out.println(cause);
        }
    }
}
