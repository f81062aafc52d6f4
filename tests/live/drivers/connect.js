// Logs in with mysqljs: node connect.js MODULE HOST PORT USER PASSWORD. Prints "ok", or code and message.
'use strict';
const [module_, host, port, user, password] = process.argv.slice(2);
const connection = require(module_).createConnection({host, port: Number(port), user, password});
connection.connect((error) => {
  console.log(error ? `${error.code} ${error.message}` : 'ok');
  connection.destroy();
});
